"""WebSocket API: golden events to scopes and messages, handshakes to what API Gateway takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgi_lambda.body import InvalidBody
from asgi_lambda.response import Response
from asgi_lambda.sources import detect, websocket
from asgi_lambda.sources.websocket import WEBSOCKET_API
from tests.sources.golden import EVENTS, events, expected, load, name_of, parsed

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_lambda.asgi_types import Pair


@pytest.mark.parametrize("path", events("websocket"), ids=name_of)
def test_an_event_becomes_the_golden_scope(path: Path) -> None:
    event = load(path)
    assert detect(event) is WEBSOCKET_API
    assert parsed(WEBSOCKET_API, event) == expected(path)
    assert event == load(path)  # the caller's event is left alone


def event_of(
    *, kind: str = "CONNECT", context: dict[str, Any] | None = None, **keys: Any
) -> dict[str, Any]:
    """An event with what each of this source has."""
    base = {"eventType": kind, "connectionId": "one=", "stage": "prod", "domainName": "a.b"}
    return {"requestContext": base | (context or {}), "isBase64Encoded": False} | keys


def test_every_event_names_its_kind_and_its_connection() -> None:
    event = load(EVENTS / "websocket" / "powertools-message.json")
    assert websocket.kind(event) == "MESSAGE"
    assert websocket.connection_id(event) == "BFaT_fALIAMCKug="


def test_a_connection_without_a_name_is_none() -> None:
    with pytest.raises(TypeError, match="id as text"):
        websocket.connection_id(event_of(context={"connectionId": None}))


@pytest.mark.parametrize(
    ("context", "path", "root_path"),
    [
        pytest.param(
            {"domainName": "x.execute-api.eu-west-1.amazonaws.com"}, "/prod/", "/prod", id="default"
        ),
        pytest.param({"domainName": "ws.example.com"}, "/", "", id="custom-domain"),
        pytest.param({"domainName": None, "stage": "a b"}, "/a b/", "/a b", id="encoded"),
        pytest.param({"domainName": None, "stage": None}, "/", "", id="no-stage"),
    ],
)
def test_the_path_is_the_stage_where_clients_see_it(
    context: dict[str, Any], path: str, root_path: str
) -> None:
    scope = websocket.parse(event_of(context=context))
    assert (scope["path"], scope["root_path"]) == (path, root_path)
    assert scope["raw_path"] == path.replace(" ", "%20").encode()


def test_what_an_event_leaves_out() -> None:
    scope = websocket.parse(event_of(context={"domainName": None, "identity": None}))
    assert scope["client"] is None
    assert scope["server"] == ("localhost", 443)
    assert scope["headers"] == []


def test_the_scheme_is_ws_where_the_gateway_is_at_home() -> None:
    scope = websocket.parse(event_of(headers={"Host": "a:80", "X-Forwarded-Proto": "http"}))
    assert (scope["scheme"], scope["server"]) == ("ws", ("a", 80))


@pytest.mark.parametrize(
    ("values", "offered"),
    [
        pytest.param(["a"], ["a"], id="one"),
        pytest.param(["a , b,, c"], ["a", "b", "c"], id="list"),
        pytest.param(["a", "b"], ["a", "b"], id="two-headers"),
        pytest.param([""], [], id="empty"),
    ],
)
def test_subprotocols_are_those_on_offer(values: list[str], offered: list[str]) -> None:
    fields = {"Sec-WebSocket-Protocol": values}
    assert websocket.parse(event_of(multiValueHeaders=fields))["subprotocols"] == offered


@pytest.mark.parametrize(
    ("keys", "text", "data"),
    [
        pytest.param({"body": "köök"}, "köök", None, id="text"),
        pytest.param({"body": ""}, "", None, id="empty"),
        pytest.param({"body": None}, "", None, id="null"),
        pytest.param({}, "", None, id="missing"),
        pytest.param({"body": "AP8=", "isBase64Encoded": True}, None, b"\0\xff", id="base64"),
    ],
)
def test_a_message_has_exactly_one_of_text_and_bytes(
    keys: dict[str, Any], text: str | None, data: bytes | None
) -> None:
    message = websocket.received(event_of(kind="MESSAGE", **keys))
    assert message == {"type": "websocket.receive", "text": text, "bytes": data}


def test_a_message_that_is_no_base64_is_refused() -> None:
    with pytest.raises(InvalidBody):
        websocket.received(event_of(kind="MESSAGE", body="?", isBase64Encoded=True))


def test_a_message_that_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match="as text"):
        websocket.received(event_of(kind="MESSAGE", body={"a": 1}))


@pytest.mark.parametrize(
    ("context", "code", "reason"),
    [
        pytest.param(
            {"disconnectStatusCode": 1001, "disconnectReason": "away"}, 1001, "away", id="both"
        ),
        pytest.param({}, 1005, "", id="none"),
        pytest.param({"disconnectStatusCode": None, "disconnectReason": None}, 1005, "", id="null"),
        pytest.param({"disconnectStatusCode": "1001"}, 1005, "", id="text-is-no-code"),
    ],
)
def test_a_disconnect_has_a_code(context: dict[str, Any], code: int, reason: str) -> None:
    message = websocket.disconnected(event_of(kind="DISCONNECT", context=context))
    assert message == {"type": "websocket.disconnect", "code": code, "reason": reason}


@pytest.mark.parametrize(
    ("status", "headers", "body", "rendered"),
    [
        pytest.param(200, [], b"", {"statusCode": 200}, id="accepted"),
        pytest.param(
            200,
            [(b"sec-websocket-protocol", b"chat"), (b"x-a", b"1")],
            b"",
            {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "chat", "x-a": "1"}},
            id="subprotocol",
        ),
        pytest.param(
            200,
            [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")],
            b"",
            {"statusCode": 200, "multiValueHeaders": {"set-cookie": ["a=1", "b=2"]}},
            id="repeated-names",
        ),
        pytest.param(403, [], b"", {"statusCode": 403}, id="denied"),
        pytest.param(
            401,
            [(b"content-type", b"text/plain")],
            b"who?",
            {
                "statusCode": 401,
                "headers": {"content-type": "text/plain"},
                "body": "who?",
                "isBase64Encoded": False,
            },
            id="denied-with-a-body",
        ),
        pytest.param(
            401,
            [],
            b"\xff",
            {"statusCode": 401, "body": "/w==", "isBase64Encoded": True},
            id="denied-with-bytes",
        ),
    ],
)
def test_the_answer_to_a_handshake(
    status: int, headers: list[Pair], body: bytes, rendered: dict[str, Any]
) -> None:
    assert websocket.render(Response(status, headers, body)) == rendered
