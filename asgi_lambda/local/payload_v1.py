"""Events of payload format 1.0: REST API, and HTTP API where it is chosen.

Source: API Gateway guide, "Set up Lambda proxy integrations in API Gateway" and "Create AWS Lambda
proxy integrations for HTTP APIs"; captures of real events where the guides are silent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from asgi_lambda.local import fields
from asgi_lambda.local.request import DEFAULT_STAGE, matches

if TYPE_CHECKING:
    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.fields import Pair
    from asgi_lambda.local.request import Deployment, Request

# The stage that SAM templates and the guides use; a REST API has no default one.
REST_STAGE: Final = "prod"
# Source: a recording of a REST API's proxy integration.
_REMOVED: Final = frozenset(
    {
        "connection",
        "content-length",
        "content-md5",
        "expect",
        "max-forwards",
        "proxy-authenticate",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "www-authenticate",
    }
)
_TITLE_REST: Final = ("authorization", "host", "user-agent", "x-amzn-trace-id")
_TITLE_HTTP: Final = ("content-length", "host", "user-agent", "x-amzn-trace-id")
_UNKNOWN_IDENTITY: Final = dict.fromkeys(
    (
        "accessKey",
        "accountId",
        "caller",
        "cognitoAuthenticationProvider",
        "cognitoAuthenticationType",
        "cognitoIdentityId",
        "cognitoIdentityPoolId",
        "principalOrgId",
        "user",
        "userArn",
    )
)


def rest_api(request: Request, deployment: Deployment) -> Event:
    """Of a REST API with the routes `/` and `/{proxy+}`, on the stage `prod` unless said otherwise.

    `path` is as typed, `requestContext.path` has the stage in front under the default host. There a
    double slash behind the stage is collapsed in `path` alone.
    """
    stage, base_path = deployment.stage or REST_STAGE, deployment.base_path
    path = base_path + request.path if base_path else re.sub("^/+", "/", request.path)
    whole = path if base_path else f"/{stage}{request.path}"
    pairs = [
        (_spelling(name, _TITLE_REST, name), value)
        for name, value in fields.received(request, domain_name(deployment))
        if name.lower() not in _REMOVED
    ]
    as_text = not matches(request.media_type(), deployment.binary_media_types)
    route = request.path.strip("/")
    event = _event(request, pairs, path, route, fields.parameters(request.query, "&;"))
    event["requestContext"] |= _context(request, deployment, stage, whole)
    event["requestContext"]["resourceId"] = "abc123"
    return event | _body(request, as_text)


def http_api_v1(request: Request, deployment: Deployment) -> Event:
    """Of an HTTP API with the routes `/` and `/{proxy+}`.

    `path` is as typed, behind the stage under the default host, or behind the base path;
    `requestContext.path` and `pathParameters` are decoded.
    """
    stage = deployment.stage or DEFAULT_STAGE
    typed = cut_at_question_mark(request.path)
    prefix = deployment.base_path or stage_prefix(stage)
    sent = fields.received(request, domain_name(deployment))
    pairs = [
        (_spelling(name, _TITLE_HTTP, name.lower()), value)
        for name, value in fields.with_length(sent, len(request.body))
    ]
    route = unquote(typed).strip("/")
    event = _event(request, pairs, prefix + typed, route, fields.parameters(request.query))
    event["requestContext"] |= _context(request, deployment, stage, prefix + unquote(typed))
    event["requestContext"]["authorizer"] = {"claims": None, "scopes": None}
    as_text = fields.is_text(request.media_type())
    return {"version": "1.0", **event, **_body(request, as_text)}


def domain_name(deployment: Deployment) -> str:
    """The domain by which the API is called."""
    return fields.CUSTOM_DOMAIN if deployment.base_path else fields.API_DOMAIN


def cut_at_question_mark(path: str) -> str:
    """The path as far as an HTTP API reads it: up to a question mark that was sent as an escape."""
    return re.split("%3f", path, maxsplit=1, flags=re.IGNORECASE)[0]


def stage_prefix(stage: str) -> str:
    """What a stage of an HTTP API puts in front of paths; the default one is not seen."""
    return "" if stage == DEFAULT_STAGE else "/" + stage


def _event(
    request: Request, pairs: list[Pair], path: str, route: str, query: list[Pair]
) -> dict[str, Any]:
    """What both kinds of API send; route: what the greedy parameter matches."""
    headers = fields.grouped(pairs)
    parameters = fields.grouped(fields.decoded(query))
    resource = "/{proxy+}" if route else "/"
    return {
        "resource": resource,
        "path": path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {key: values[-1] for key, values in parameters.items()} or None,
        "multiValueQueryStringParameters": parameters or None,
        "requestContext": {"resourcePath": resource},
        "pathParameters": {"proxy": route} if route else None,
        "stageVariables": None,
    }


def _body(request: Request, as_text: bool) -> dict[str, Any]:
    body, is_base64 = fields.body(request, as_text)
    return {"body": body or None, "isBase64Encoded": is_base64}


def _context(request: Request, deployment: Deployment, stage: str, whole: str) -> dict[str, Any]:
    domain = domain_name(deployment)
    return {
        "accountId": fields.ACCOUNT,
        "apiId": fields.API_ID,
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "extendedRequestId": fields.short_id(request),
        "httpMethod": request.method,
        "identity": {
            **_UNKNOWN_IDENTITY,
            "sourceIp": request.client,
            "userAgent": fields.user_agent(request),
        },
        "path": whole,
        "protocol": "HTTP/1.1",
        "requestId": request.id,
        "requestTime": fields.request_time(request),
        "requestTimeEpoch": request.received,
        "resourceId": None,
        "stage": stage,
    }


def _spelling(name: str, titled: tuple[str, ...], otherwise: str) -> str:
    known = name.lower()
    return known.title() if known in titled or known.startswith("x-forwarded-") else otherwise
