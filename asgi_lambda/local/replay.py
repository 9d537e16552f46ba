"""A request of the past, sent once more: as it was, with changes, or through another front door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_lambda.errors import ConfigurationError
from asgi_lambda.local.events import WEBSOCKET
from asgi_lambda.local.request import Request

if TYPE_CHECKING:
    from asgi_lambda.local.exchange import Exchange
    from asgi_lambda.local.front_door import FrontDoor
    from asgi_lambda.local.gateway import Gateway


async def replay(gateway: Gateway, past: Exchange, changes: Any) -> Exchange:
    """The new exchange, which is complete.

    changes: a dict of `source`, `method`, `path` (behind stage and base path), `headers` (pairs)
    and `body` (text); what is missing is as it was. Raises ConfigurationError for others.
    """
    if not isinstance(changes, dict):
        raise ConfigurationError(f"changes: expected an object, got {type(changes).__name__}")
    if past.source == WEBSOCKET:
        raise ConfigurationError("source: expected a request, got what happened to a socket")
    door = gateway.door_of(_text(changes, "source", past.source))
    exchange = gateway.open(door, _request(door, past, changes))
    exchange.replays = past.id
    await gateway.answer(door, exchange)
    return exchange


def path_of(past: Exchange) -> str:
    """Path and query of a request, behind stage and base path."""
    request = past.request
    return f"{request.path}?{request.query}" if request.query else request.path


def _request(door: FrontDoor, past: Exchange, changes: dict[str, Any]) -> Request:
    before = past.request
    path = _text(changes, "path", path_of(past))
    body = before.body
    if "body" in changes:
        body = _text(changes, "body", "").encode()
    headers = _pairs(changes["headers"]) if "headers" in changes else list(before.headers)
    if body != before.body:
        # What said how long the other one was.
        headers = [pair for pair in headers if pair[0].lower() != "content-length"]
        headers.append(("content-length", str(len(body))))
    method = _text(changes, "method", before.method)
    if not path.startswith("/") or not method:
        raise ConfigurationError(f"path: expected a method and /..., got {method!r} and {path!r}")
    # One that was beside the stage stays there.
    target = (
        past.target if path == path_of(past) and door.source == past.source else door.prefix + path
    )
    request = Request(method, target, headers, body, before.client)
    request.scheme, request.port = before.scheme, before.port
    return request


def _text(changes: dict[str, Any], name: str, otherwise: str) -> str:
    value = changes.get(name, otherwise)
    if not isinstance(value, str):
        raise ConfigurationError(f"{name}: expected text, got {type(value).__name__}")
    return value


def _pairs(value: Any) -> list[tuple[str, str]]:
    if not isinstance(value, list) or not all(map(_is_pair, value)):
        raise ConfigurationError("headers: expected pairs of name and value, got something else")
    return [(name, text) for name, text in value]


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(each, str) for each in value)
        and value[0] != ""
    )
