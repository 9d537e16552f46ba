"""Events of payload format 2.0: HTTP API and Function URL.

Source: API Gateway guide, "Create AWS Lambda proxy integrations for HTTP APIs"; Lambda guide,
"Invoking Lambda function URLs"; captures of real events where the guides are silent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from asgi_lambda.local import fields
from asgi_lambda.local.payload_v1 import cut_at_question_mark, domain_name, stage_prefix
from asgi_lambda.local.request import DEFAULT_STAGE

if TYPE_CHECKING:
    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.fields import Pair
    from asgi_lambda.local.request import Deployment, Request

_URL_ID: Final = "abcdefghijklmnopqrstuvwxyz012345"
URL_DOMAIN: Final = f"{_URL_ID}.lambda-url.{fields.REGION}.on.aws"
_TLS: Final = [
    ("x-amzn-tls-version", "TLSv1.3"),
    ("x-amzn-tls-cipher-suite", "TLS_AES_128_GCM_SHA256"),
]


def http_api(request: Request, deployment: Deployment) -> Event:
    """Of an HTTP API with the route `$default`.

    `rawPath` is decoded, behind the stage even under a custom domain, without the base path;
    cookies are in their list only.
    """
    stage = deployment.stage or DEFAULT_STAGE
    path = stage_prefix(stage) + unquote(cut_at_question_mark(request.path))
    sent = fields.received(request, domain_name(deployment))
    complete = fields.lower(fields.with_length(sent, len(request.body)))
    pairs = [pair for pair in complete if pair[0] != "cookie"]
    return _event(request, pairs, path) | {
        "requestContext": {
            "accountId": fields.ACCOUNT,
            "apiId": fields.API_ID,
            **_domain(domain_name(deployment)),
            "http": _http(request, path),
            "requestId": fields.short_id(request),
            **_times(request, stage),
        }
    }


def function_url(request: Request, deployment: Deployment) -> Event:
    """Of a Function URL without authentication.

    `rawPath` is as typed; cookies are in their list and in the header. Of `x-forwarded-for` only
    the left-most address is left, which a client can choose.
    """
    first = ",".join([*request.values("x-forwarded-for"), request.client]).partition(",")[0]
    pairs = [
        (name, first if name == "x-forwarded-for" else value)
        for name, value in fields.lower(fields.received(request, URL_DOMAIN))
        if name != "cookie"
    ]
    cookies = fields.cookies(request)
    pairs += [*_TLS, ("cookie", "; ".join(cookies))] if cookies else _TLS
    return _event(request, pairs, request.path) | {
        "requestContext": {
            "accountId": "anonymous",
            "apiId": _URL_ID,
            **_domain(URL_DOMAIN),
            "http": _http(request, unquote(request.path)),
            "requestId": request.id,
            **_times(request, DEFAULT_STAGE),
        }
    }


def _event(request: Request, pairs: list[Pair], path: str) -> dict[str, Any]:
    """What both send; keys without a value are left out."""
    parameters = fields.grouped(fields.decoded(fields.parameters(request.query)))
    body, is_base64 = fields.body(request, fields.is_text(request.media_type()))
    optional = {
        "cookies": fields.cookies(request),
        "queryStringParameters": {key: ",".join(values) for key, values in parameters.items()},
        "body": body,
    }
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": {name: ",".join(values) for name, values in fields.grouped(pairs).items()},
        "isBase64Encoded": is_base64,
    } | {key: value for key, value in optional.items() if value}


def _domain(domain: str) -> dict[str, str]:
    return {"domainName": domain, "domainPrefix": domain.partition(".")[0]}


def _http(request: Request, path: str) -> dict[str, str]:
    return {
        "method": request.method,
        "path": path,
        "protocol": "HTTP/1.1",
        "sourceIp": request.client,
        "userAgent": fields.user_agent(request) or "",
    }


def _times(request: Request, stage: str) -> dict[str, Any]:
    return {
        "routeKey": "$default",
        "stage": stage,
        "time": fields.request_time(request),
        "timeEpoch": request.received,
    }
