"""Application Load Balancer, with single or multi-value headers, as the target group is configured.

Source: Elastic Load Balancing guide, "Use Lambda functions as targets" and "HTTP headers and
Application Load Balancers".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from asgi_lambda import body, headers, url
from asgi_lambda.sources.source import Source, client

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from asgi_lambda.asgi_types import HTTPScope, Pair
    from asgi_lambda.lambda_types import Event, ResponseALB, ResponseALBMultiValue
    from asgi_lambda.response import Response
    from asgi_lambda.sources.source import Parsed

# Bytes of the response's JSON.
_LIMIT: Final = 1024 * 1024


def parse_alb(event: Event) -> Parsed:
    """Of repeated headers and query keys only the last arrives."""
    parameters = url.parameters(None, event.get("queryStringParameters"))
    return _parse(event, headers.from_map(event.get("headers")), parameters)


def parse_alb_multi_value(event: Event) -> Parsed:
    """All values arrive, in lists."""
    pairs = headers.from_maps(event.get("multiValueHeaders"), None)
    return _parse(event, pairs, url.parameters(event.get("multiValueQueryStringParameters"), None))


def render_alb(response: Response) -> ResponseALB:
    """One value per name: cookies after the first go under other spellings of theirs.

    Which of these a load balancer forwards is documented nowhere: multi-value headers are safe.
    """
    text, is_base64 = response.encoded_body()
    fields, cookies = headers.to_map(response.fields)
    if cookies:
        fields.update(zip(headers.spellings("set-cookie"), cookies, strict=False))
    return {
        "statusCode": response.status,
        "statusDescription": _description(response.status),
        "headers": fields,
        "body": text,
        "isBase64Encoded": is_base64,
    }


def render_alb_multi_value(response: Response) -> ResponseALBMultiValue:
    """Every header as a list; a load balancer in this mode ignores `headers`."""
    text, is_base64 = response.encoded_body()
    return {
        "statusCode": response.status,
        "statusDescription": _description(response.status),
        "multiValueHeaders": headers.to_multi_map(response.fields),
        "body": text,
        "isBase64Encoded": is_base64,
    }


ALB: Final = Source("alb", parse_alb, render_alb, _LIMIT)
ALB_MULTI_VALUE: Final = Source(
    "alb-multi-value", parse_alb_multi_value, render_alb_multi_value, _LIMIT
)


def _parse(event: Event, pairs: list[Pair], parameters: Iterable[tuple[str, str]]) -> Parsed:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        headers.join_cookies(pairs)
    text, is_base64 = event.get("body"), bool(event.get("isBase64Encoded"))
    headers.set_length(pairs, fields, body.length(text, is_base64))
    scheme, server = headers.origin(pairs, fields, None)
    path = url.rooted(event.get("path"))
    scope: HTTPScope = {
        "type": "http",
        "http_version": "1.1",
        "method": event["httpMethod"].upper(),
        "scheme": scheme,
        "path": url.decode(path),
        "raw_path": url.typed_path(path),
        # Neither keys nor values were decoded.
        "query_string": url.query("&".join([f"{key}={value}" for key, value in parameters])),
        "root_path": "",
        "headers": pairs,
        "client": client(_peer(fields)),
        "server": server,
    }
    return scope, text, is_base64


def _peer(fields: Mapping[bytes, bytes]) -> str:
    """The address that the load balancer saw, which it appends to `x-forwarded-for`.

    Whatever stands in front of it the client can have written. A health check has none, hence "".
    """
    last = fields.get(b"x-forwarded-for", b"").rpartition(b",")[2].decode().strip()
    return headers.split_port(last)[0]


@lru_cache(maxsize=64)
def _description(status: int) -> str:
    """As `200 OK`; the load balancer requires the reason where there is a description."""
    from http import HTTPStatus

    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"
