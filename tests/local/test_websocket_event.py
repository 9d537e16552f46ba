"""The events of sockets, against captures of real ones."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from asgi_lambda import ConfigurationError
from asgi_lambda.local import fields
from asgi_lambda.local.request import Deployment, Request
from asgi_lambda.local.websocket_connection import Clock, Connection
from asgi_lambda.local.websocket_event import Routes, connect, disconnect, message, short_id

EVENTS = Path(__file__).parent.parent / "events" / "websocket"
IDS = ("requestId", "extendedRequestId", "messageId")


def golden(name: str) -> Any:
    """A capture, as if it were of our API."""
    text = (EVENTS / f"powertools-{name}.json").read_text()
    return json.loads(text.replace('"asasasas', f'"{fields.API_ID}'))


def connected(handshake: Request, context: Any) -> Connection:
    """The connection that a capture tells of."""

    async def send(found: Any) -> None:
        raise AssertionError(f"nobody sends {found}")

    connection = Connection(handshake, send, Clock())
    connection.id = context["connectionId"]
    connection.connected_at = context["connectedAt"]
    return connection


def compare(event: Any, expected: Any, request: Request) -> None:
    """Fail unless both are equal but for ids, which have to look alike."""
    context, captured = event["requestContext"], expected["requestContext"]
    for name in IDS:
        if name in captured:
            assert re.fullmatch(r"[A-Za-z0-9_-]{15}=", context[name])
            context[name] = captured[name]
    assert event == expected
    assert request.method == captured["eventType"]


def test_connect_is_as_captured() -> None:
    expected = golden("connect")
    context = expected["requestContext"]
    # As an ASGI server has them: lower case, and with those that API Gateway removes.
    headers = [
        (name.lower(), value)
        for name, value in expected["headers"].items()
        if not name.startswith("X-Forwarded")
    ]
    headers += [("connection", "Upgrade"), ("upgrade", "websocket")]
    request = Request("CONNECT", "/", headers, b"", context["identity"]["sourceIp"])
    request.received = context["requestTimeEpoch"]
    event = connect(request, connected(request, context), Deployment())
    compare(event, expected, request)
    assert list(event["headers"]) == list(expected["headers"])
    assert event["requestContext"]["requestId"] == event["requestContext"]["extendedRequestId"]


def test_message_is_as_captured() -> None:
    expected = golden("message")
    context = expected["requestContext"]
    handshake = Request("CONNECT", "/", (), b"", context["identity"]["sourceIp"])
    request = Request("MESSAGE", "/", (), expected["body"].encode())
    request.received = context["requestTimeEpoch"]
    event = message(request, connected(handshake, context), Deployment(), "chat")
    assert event["requestContext"]["messageId"] != event["requestContext"]["requestId"]
    compare(event, expected, request)


def test_disconnect_is_as_captured() -> None:
    expected = golden("disconnect")
    context = expected["requestContext"]
    handshake = Request("CONNECT", "/", (), b"", context["identity"]["sourceIp"])
    request = Request("DISCONNECT", "/")
    request.received = context["requestTimeEpoch"]
    reason = context["disconnectReason"]
    connection = connected(handshake, context)
    compare(disconnect(request, connection, Deployment(), 1005, reason), expected, request)


def test_what_only_some_handshakes_have() -> None:
    headers = [("user-agent", "a browser"), ("cookie", "a=1"), ("cookie", "b=2")]
    headers += [("sec-websocket-protocol", "chat")]
    handshake = Request("CONNECT", "/?room=a%20b&room=c&flag", headers)
    context = {"connectionId": "x", "connectedAt": 1}
    connection = connected(handshake, context)
    event = connect(handshake, connection, Deployment("dev", "/chat"))
    assert event["queryStringParameters"] == {"room": "c", "flag": ""}
    assert event["multiValueQueryStringParameters"] == {"room": ["a b", "c"], "flag": [""]}
    assert event["headers"]["Sec-WebSocket-Protocol"] == "chat"
    assert event["headers"]["Cookie"] == "b=2"
    assert event["multiValueHeaders"]["Cookie"] == ["a=1", "b=2"]
    assert event["requestContext"]["stage"] == "dev"
    assert event["requestContext"]["domainName"] == fields.CUSTOM_DOMAIN
    identity = {"userAgent": "a browser", "sourceIp": "192.0.2.1"}
    assert event["requestContext"]["identity"] == identity
    later = message(Request("MESSAGE", "/"), connection, Deployment(), "$default")
    assert later["requestContext"]["identity"] == identity


@pytest.mark.parametrize(
    ("body", "route"),
    [
        ('{"action": "chat"}', "chat"),
        ('{"action": "other"}', "$default"),
        ('{"action": "$connect"}', "$default"),
        ('{"action": ["chat"]}', "$default"),
        ('{"what": "chat"}', "$default"),
        ('["action"]', "$default"),
        ("chat", "$default"),
        ("", "$default"),
    ],
)
def test_routes(body: str, route: str) -> None:
    assert Routes(["chat"]).of(body) == route


def test_routes_without_any() -> None:
    assert Routes().of('{"action": "chat"}') == "$default"


@pytest.mark.parametrize("selection", ["$request.body.a.b", "${request.body.a.b}"])
def test_routes_by_another_property(selection: str) -> None:
    routes = Routes(["chat"], selection)
    assert routes.of('{"a": {"b": "chat"}}') == "chat"
    assert routes.of('{"a": "chat"}') == "$default"


@pytest.mark.parametrize(
    "selection", ["action", "$request.body", "$request.body.", "$request.body.a..b", "$default"]
)
def test_selections_that_are_none(selection: str) -> None:
    with pytest.raises(ConfigurationError, match="route_selection_expression: expected one as"):
        Routes((), selection)


def test_short_id() -> None:
    assert short_id("ffffffff-ffff-ffff-ffff-ff0000000000") == "______________8="
