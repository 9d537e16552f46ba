"""What an event is, and what an application would see of it, told in lines of text."""

from __future__ import annotations

import base64
import ipaddress
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.sources import detect, malformed
from asgi_lambda.sources.source import is_default_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_lambda.lambda_types import Event

_SECRET: Final = ("authorization", "cookie", "proxy-authorization", "x-api-key")
_WHY: Final = {
    "alb": "requestContext.elb is there, and multiValueHeaders is not",
    "alb-multi-value": "requestContext.elb and multiValueHeaders are there",
    "function-url": "requestContext.http is there, and domainName is one of Function URLs",
    "http-api": "requestContext.http is there, and domainName is none of a Function URL",
    "http-api-v1": 'httpMethod is there, and version is "1.0"',
    "rest-api": 'httpMethod is there, and version is not "1.0"',
}


def explain(event: Any) -> list[str]:
    """Lines on the source, the scope, where `root_path` comes from, and what looks wrong.

    Raises UnsupportedEvent for what `adapt` would refuse.
    """
    source = detect(event)
    if source is None:
        return ["source: none, since this is no HTTP request; adapt(app, on_event=...) takes it"]
    if source.is_websocket:
        return [f"source: {source.name}, since requestContext has connectionId and eventType"]
    try:
        scope, text, is_base64 = source.parse(event)
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise malformed(source, event) from error
    lines = [f"source: {source.name}, since {_WHY[source.name]}", "", "scope:"]
    lines += [f"  {key}: {_shown(value)}" for key, value in scope.items() if key != "headers"]
    lines += ["  headers:"]
    lines += [f"    {_masked(name.decode(), value)}" for name, value in scope["headers"]]
    lines += [f"body: {len(text or '')} characters{' of base64' if is_base64 else ''}"]
    lines += ["", f"root_path: {_root_path(source.name, event, scope['root_path'])}"]
    findings = [
        *_body(text, is_base64),
        *_request_context(event, scope["client"]),
        *_FINDINGS[source.name](event, event.get("requestContext") or {}),
    ]
    return [*lines, "", "findings:", *[f"  - {each}" for each in findings or ["none"]]]


def _shown(value: Any) -> str:
    return repr(value.decode("ascii", "replace") if isinstance(value, bytes) else value)


def _masked(name: str, value: bytes) -> str:
    text = value.decode("utf-8", "replace")
    return f"{name}: ({len(text)} characters)" if name in _SECRET else f"{name}: {text!r}"


def _root_path(name: str, event: Event, root_path: str) -> str:
    """The prefix, and what in the event proves it."""
    if name in ("alb", "alb-multi-value", "function-url"):
        return "'', since this front door has no stage and no base path"
    if not root_path:
        return "'', since the event proves no prefix that clients see"
    context = event.get("requestContext") or {}
    stage = f"/{context.get('stage')}"
    if root_path == stage:
        field = "requestContext.path" if name == "rest-api" else "the path"
        return f"{root_path!r}, the stage, with which {field} begins"
    if name == "rest-api" and context.get("path") != event.get("path"):
        return f"{root_path!r}, what requestContext.path has in front of path"
    return f"{root_path!r}, the base path: what the path has in front of {event.get('resource')!r}"


def _body(text: str | None, is_base64: bool) -> Iterator[str]:
    if text and is_base64:
        try:
            base64.b64decode(text, validate=True)
        except ValueError:
            yield "isBase64Encoded is true, and the body is no base64: the client gets a 400"


def _request_context(event: Event, client: tuple[str, int] | None) -> Iterator[str]:
    if not event.get("requestContext"):
        yield "requestContext is missing: no front door of AWS leaves it out"
    if client is None:
        yield "the address of the client is missing: scope['client'] is None"
        return
    try:
        ipaddress.ip_address(client[0])
    except ValueError:
        yield f"{client[0]!r} is no IP address, as of a test event: applications may not expect it"


def _rest_api(event: Event, context: dict[str, Any]) -> Iterator[str]:
    path, whole = event.get("path") or "/", context.get("path")
    if whole and not whole.endswith(path):
        yield (
            f"requestContext.path is {whole!r}, which does not end with {path!r}: "
            "sam local start-api puts the route there"
        )
    yield from _stage_in(path, context)
    if event.get("isBase64Encoded"):
        yield (
            "the body came as base64, so binaryMediaTypes has its type; a base64 answer is decoded "
            "only if the first type of the Accept header is there too"
        )
    else:
        yield "binary answers reach clients as base64 text unless binaryMediaTypes is ['*/*']"


def _http_api_v1(event: Event, context: dict[str, Any]) -> Iterator[str]:
    yield from _stage_in(event.get("path") or "/", context)


def _http_api(event: Event, context: dict[str, Any]) -> Iterator[str]:
    yield from _stage_in(event.get("rawPath") or "/", context)
    if not is_default_host(context.get("domainName")):
        yield (
            "a custom domain: if it maps a base path to this API, the event does not say so; "
            "tell adapt(app, root_path=...)"
        )
    yield from _cookies(event)


def _function_url(event: Event, context: dict[str, Any]) -> Iterator[str]:
    yield from _cookies(event)


def _cookies(event: Event) -> Iterator[str]:
    if event.get("cookies"):
        return
    if any(name.lower() == "cookie" for name in event.get("headers") or {}):
        yield "a cookie header without the list `cookies`: AWS sends the list"
    else:
        yield "no cookies: the client sent none, or something between it and AWS dropped them"


def _stage_in(path: str, context: dict[str, Any]) -> Iterator[str]:
    stage = context.get("stage")
    if stage and (path + "/").startswith(f"/{stage}/"):
        yield (
            f"the stage {stage!r} is in the path {path!r}: if the application has a route of that "
            "name, the two cannot be told apart"
        )


def _alb(event: Event, context: dict[str, Any]) -> Iterator[str]:
    yield (
        "multi-value headers are off at the target group: of repeated headers and query keys only "
        "the last arrives, and only one cookie can be set safely"
    )


def _alb_multi_value(event: Event, context: dict[str, Any]) -> Iterator[str]:
    if event.get("headers"):
        yield "headers beside multiValueHeaders: a load balancer sends one of them"


_FINDINGS: Final[dict[str, Callable[[Event, dict[str, Any]], Iterator[str]]]] = {
    "rest-api": _rest_api,
    "http-api-v1": _http_api_v1,
    "http-api": _http_api,
    "function-url": _function_url,
    "alb": _alb,
    "alb-multi-value": _alb_multi_value,
}
