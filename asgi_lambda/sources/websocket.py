"""WebSocket API of API Gateway: CONNECT, MESSAGE and DISCONNECT, each an event of its own.

Imported at the first such event. Only CONNECT has headers and a query: what later events need of
them has to be kept, which is not the job of this module.
Source: API Gateway guide, "Working with WebSocket APIs" and "Use @connections commands in your
backend service"; captures of real events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgi_lambda import body, headers, url
from asgi_lambda.sources.source import Source, client, is_default_host

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import (
        Pair,
        Scope,
        WebSocketDisconnect,
        WebSocketReceive,
        WebSocketScope,
    )
    from asgi_lambda.lambda_types import Event, ResponseWebSocket
    from asgi_lambda.response import Response

CONNECT: Final = "CONNECT"
DISCONNECT: Final = "DISCONNECT"

# What the RFC says where a close frame had no code.
# Source: RFC 6455 section 7.1.5; ASGI specification, "Disconnect receive event".
NO_CODE: Final = 1005

SUBPROTOCOL: Final = "Sec-WebSocket-Protocol"
_OFFERED: Final = SUBPROTOCOL.lower().encode()

# What MESSAGE and DISCONNECT are answered with; nobody looks at more of it.
TAKEN: Final[ResponseWebSocket] = {"statusCode": 200}


def kind(event: Event) -> str:
    """CONNECT, MESSAGE or DISCONNECT."""
    return str(event["requestContext"]["eventType"])


def connection_id(event: Event) -> str:
    """The name of the connection, the same in each of its events. Raises TypeError."""
    identifier = event["requestContext"]["connectionId"]
    if not isinstance(identifier, str):
        raise TypeError("expected the connection's id as text")
    return identifier


def parse(event: Event) -> WebSocketScope:
    """The scope, as far as the event tells: only CONNECT has headers, query and subprotocols.

    No event has a path, so it is that of the API itself: the stage, which clients see on the
    default host only, and a slash, without which no framework finds its first route.
    """
    context = event["requestContext"]
    pairs = headers.from_maps(event.get("multiValueHeaders"), event.get("headers"))
    headers.join_cookies(pairs)
    scheme, server = headers.origin(pairs, dict(pairs), context.get("domainName"))
    stage = context.get("stage")
    root_path = f"/{stage}" if stage and is_default_host(context.get("domainName")) else ""
    decoded = url.parameters(
        event.get("multiValueQueryStringParameters"), event.get("queryStringParameters")
    )
    return {
        "type": "websocket",
        "http_version": "1.1",
        "scheme": "ws" if scheme == "http" else "wss",
        "path": root_path + "/",
        "raw_path": url.encode_path(root_path + "/"),
        "query_string": url.encode_query(decoded),
        "root_path": root_path,
        "headers": pairs,
        "client": client((context.get("identity") or {}).get("sourceIp")),
        "server": server,
        "subprotocols": subprotocols(pairs),
    }


def subprotocols(pairs: list[Pair]) -> list[str]:
    """What the client offers, in its order."""
    values = b",".join([value for name, value in pairs if name == _OFFERED]).decode("latin-1")
    return [each.strip() for each in values.split(",") if each.strip()]


def received(event: Event) -> WebSocketReceive:
    """The message of MESSAGE: text, or bytes where the integration converts base64.

    Raises InvalidBody for what claims to be base64 and is not, and TypeError.
    """
    content = event.get("body")
    if content is not None and not isinstance(content, str):
        raise TypeError("expected the message as text")
    if event.get("isBase64Encoded"):
        return {"type": "websocket.receive", "bytes": body.decode(content, True), "text": None}
    return {"type": "websocket.receive", "bytes": None, "text": content or ""}


def disconnected(event: Event) -> WebSocketDisconnect:
    """The message of DISCONNECT, with 1005 where the client gave no code."""
    context = event["requestContext"]
    code = context.get("disconnectStatusCode")
    return {
        "type": "websocket.disconnect",
        "code": code if isinstance(code, int) else NO_CODE,
        "reason": str(context.get("disconnectReason") or ""),
    }


def render(response: Response) -> ResponseWebSocket:
    """The answer to a handshake: 2xx accepts it, and any other status denies it.

    API Gateway does not choose a subprotocol by itself, and browsers fail without the one that was
    accepted. Repeated names go into the map for them, as in format 1.0; no page says so.
    """
    single, multiple = headers.to_two_maps(response.fields)
    rendered: ResponseWebSocket = {"statusCode": response.status}
    if SUBPROTOCOL.lower() in single:
        single[SUBPROTOCOL] = single.pop(SUBPROTOCOL.lower())
    if single:
        rendered["headers"] = single
    if multiple:
        rendered["multiValueHeaders"] = multiple
    text, is_base64 = response.encoded_body(any_type=True)
    if text:
        rendered["body"] = text
        rendered["isBase64Encoded"] = is_base64
    return rendered


class _WebSocketAPI(Source):
    """A source whose events belong to a connection, and so are no requests."""

    __slots__ = ()

    is_websocket = True


def _parse(event: Event) -> tuple[Any, str | None, bool]:
    scope: Scope = dict(parse(event))
    return scope, event.get("body"), bool(event.get("isBase64Encoded"))


WEBSOCKET_API: Final = _WebSocketAPI("websocket-api", _parse, render)
