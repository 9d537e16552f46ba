"""Events of an Application Load Balancer, with single or multi-value headers.

Source: Elastic Load Balancing guide, "Use Lambda functions as targets" and "HTTP headers and
Application Load Balancers".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.local import fields

if TYPE_CHECKING:
    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.request import Deployment, Request

ALB_DOMAIN: Final = f"alb-1234567890.{fields.REGION}.elb.amazonaws.com"
_TARGET_GROUP: Final = (
    f"arn:aws:elasticloadbalancing:{fields.REGION}:{fields.ACCOUNT}:"
    "targetgroup/app/0123456789abcdef"
)


def alb(request: Request, deployment: Deployment) -> Event:
    """Of repeated headers and query keys only the last value is there."""
    return _event(
        request,
        queryStringParameters=dict(fields.parameters(request.query)),
        headers=dict(fields.lower(fields.received(request, ALB_DOMAIN))),
    )


def alb_multi_value(request: Request, deployment: Deployment) -> Event:
    """All values are there, in lists."""
    return _event(
        request,
        multiValueQueryStringParameters=fields.grouped(fields.parameters(request.query)),
        multiValueHeaders=fields.grouped(fields.lower(fields.received(request, ALB_DOMAIN))),
    )


def _event(request: Request, **maps: Any) -> Event:
    """The path and the query are as typed."""
    compressed = bool(request.values("content-encoding"))
    as_text = fields.is_text(request.media_type()) and not compressed
    body, is_base64 = fields.body(request, as_text)
    return {
        "requestContext": {"elb": {"targetGroupArn": _TARGET_GROUP}},
        "httpMethod": request.method,
        "path": request.path,
        **maps,
        "body": body,
        "isBase64Encoded": is_base64,
    }
