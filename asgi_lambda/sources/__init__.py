"""The front doors: `detect` picks the one an event came through.

Each wire format has a module beside this one, and each front door in it two pure functions: `parse`
reads an event, `render` writes a response. They know no ASGI cycle and no event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.errors import UnsupportedEvent
from asgi_lambda.sources.alb import ALB, ALB_MULTI_VALUE
from asgi_lambda.sources.payload_v1 import HTTP_API_V1, REST_API
from asgi_lambda.sources.payload_v2 import FUNCTION_URL, HTTP_API

if TYPE_CHECKING:
    from asgi_lambda.lambda_types import Event
    from asgi_lambda.sources.source import Source

_WEBSOCKET_EVENTS: Final = ("CONNECT", "MESSAGE", "DISCONNECT")


def detect(event: Any) -> Source | None:
    """The source of an event; None for one that no client sent, as those of queues and schedules.

    Raises UnsupportedEvent for what has no source, but looks like a request or speaks another
    protocol: it must not reach code that trusts its events.
    """
    if not isinstance(event, dict):
        return None
    context = event.get("requestContext")
    if isinstance(context, dict) and not ("type" in event and _is_authorizer(event)):
        # An ALB sends either kind of map, as its target group is configured.
        if "elb" in context:
            return ALB if event.get("multiValueHeaders") is None else ALB_MULTI_VALUE
        # `rawPath` would be no proof, since a REST API behind a base path mapping can send it, and
        # `version` none either: VPC Lattice says "2.0" too.
        if isinstance(context.get("http"), dict):
            # A Function URL has the one domain that nobody can choose.
            return FUNCTION_URL if ".lambda-url." in str(context.get("domainName")) else HTTP_API
        # A REST API sends no version.
        if "httpMethod" in event:
            return HTTP_API_V1 if event.get("version") == "1.0" else REST_API
        if "connectionId" in context and context.get("eventType") in _WEBSOCKET_EVENTS:
            return _websocket_api()
    # Events written by hand often leave the context out.
    elif context is None and "httpMethod" in event and "resource" in event:
        return REST_API
    if _looks_like_a_request(event) or "DurableExecutionArn" in event or "CheckpointToken" in event:
        raise unsupported(event)
    return None


def _websocket_api() -> Source:
    # Most functions never see such an event.
    from asgi_lambda.sources.websocket import WEBSOCKET_API

    return WEBSOCKET_API


def unsupported(event: Any) -> UnsupportedEvent:
    """The error for an event that nothing here accepts."""
    from asgi_lambda.sources.look import describe

    return UnsupportedEvent(describe(event))


def _is_authorizer(event: Event) -> bool:
    # It carries the request that it is to judge, and so passes the tests below.
    return event.get("type") in ("REQUEST", "TOKEN") and not event.keys().isdisjoint(
        ("methodArn", "routeArn")
    )


def _looks_like_a_request(event: Event) -> bool:
    if _is_authorizer(event) or "actionGroup" in event:  # an agent of Bedrock names a method too
        return False
    if not event.keys().isdisjoint(("requestContext", "httpMethod", "rawPath", "raw_path")):
        return True
    records = event.get("Records")
    return isinstance(records, list) and any(
        isinstance(record, dict) and "cf" in record for record in records
    )


def malformed(source: Source, event: Event) -> UnsupportedEvent:
    """The error for an event that is of the source's format, but not of its shape."""
    return UnsupportedEvent(
        f"expected an event of the source {source.name!r}, got one of another shape, "
        f"with the keys {sorted(map(str, event))}"
    )
