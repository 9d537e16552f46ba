"""What the `@connections` API answers, and what else is at a WebSocket API."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from asgi_lambda.local.answer import Answer
from asgi_lambda.local.connections import respond
from asgi_lambda.local.limits import MESSAGE
from asgi_lambda.local.request import Request
from asgi_lambda.local.websocket_connection import Connection
from tests.local.sockets import StillClock
from tests.local.test_websocket_connection import Line

SIGNED = ("authorization", "AWS4-HMAC-SHA256 Credential=x")
GONE = [("content-length", "0"), ("x-amzn-errortype", "GoneException")]


class Api:
    """The API with one connection."""

    def __init__(self, *headers: tuple[str, str], opened: bool = True) -> None:
        self.line, self.clock = Line(), StillClock()
        handshake = Request("CONNECT", "/", headers)
        self.connection = Connection(handshake, self.line.send, self.clock)
        self.connection.open = opened
        self.path = f"/prod/@connections/{self.connection.id}"

    def ask(
        self, method: str, path: str = "", body: bytes = b"", *headers: tuple[str, str]
    ) -> Answer:
        request = Request(method, path or self.path, headers or [SIGNED], body)
        connections = {self.connection.id: self.connection}
        return anyio.run(respond, "/prod", connections, request, len(body))


def shown(answer: Answer) -> Any:
    assert dict(answer.headers)["content-type"] == "application/json"
    assert dict(answer.headers)["content-length"] == str(len(answer.body))
    return json.loads(answer.body)


def test_post() -> None:
    api = Api()
    api.clock.move(5)
    answer = api.ask("POST", body="ä".encode() + b"\xff")
    assert (answer.status, answer.body) == (200, b"")
    assert api.line.sent == [{"type": "websocket.send", "text": "ä\ufffd"}]
    assert api.connection.active_at == 1_700_000_005_250


def test_post_of_the_most_and_of_more() -> None:
    api = Api()
    assert api.ask("POST", body=b"x" * MESSAGE).status == 200
    answer = api.ask("POST", body=b"x" * (MESSAGE + 1))
    assert answer.status == 413
    assert ("x-amzn-errortype", "PayloadTooLargeException") in answer.headers
    assert shown(answer) == {"message": "Message too long"}
    assert len(api.line.sent) == 1


def test_get() -> None:
    api = Api(("user-agent", "a browser"))
    api.clock.move(1)
    api.connection.touch()
    answer = api.ask("GET")
    assert answer.status == 200
    assert shown(answer) == {
        "connectedAt": "2023-11-14T22:13:20.250Z",
        "identity": {"sourceIp": "192.0.2.1", "userAgent": "a browser"},
        "lastActiveAt": "2023-11-14T22:13:21.250Z",
    }


def test_get_of_a_client_without_a_name() -> None:
    assert shown(Api().ask("GET"))["identity"] == {"sourceIp": "192.0.2.1"}


def test_delete() -> None:
    api = Api()
    answer = api.ask("DELETE")
    assert (answer.status, answer.headers, answer.body) == (204, [], b"")
    reason = "Connection Closed Normally"
    assert api.line.sent == [{"type": "websocket.close", "code": 1000, "reason": reason}]
    assert api.ask("DELETE").status == 410


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_clients_that_are_not_there(method: str) -> None:
    api = Api(opened=False)
    for path in ("", "/prod/@connections/BFHPhfCWIAMCKlQ="):
        answer = api.ask(method, path, b"x")
        assert (answer.status, answer.headers, answer.body) == (410, GONE, b"")


def test_client_that_leaves_meanwhile() -> None:
    api = Api()
    api.line.error = OSError()
    assert api.ask("POST").headers == GONE


def test_path_that_is_encoded() -> None:
    api = Api()
    encoded = api.path.replace("@", "%40").replace("=", "%3D")
    assert api.ask("GET", encoded).status == 200


@pytest.mark.parametrize("name", ["x", "BFHPhfCWIAMCKlQ", "BFHPhfCWIAMCKl.=", "a/b", ""])
def test_names_that_are_no_ids(name: str) -> None:
    answer = Api().ask("POST", f"/prod/@connections/{name}")
    assert answer.status == 400
    assert ("x-amzn-errortype", "BadRequestException") in answer.headers
    assert shown(answer) == {"message": f"Invalid connectionId: {name}"}


@pytest.mark.parametrize("path", ["", "/", "/prodigy", "/@connections/x"])
def test_other_stages(path: str) -> None:
    answer = Api().ask("GET", path or "/dev")
    assert answer.status == 403
    assert ("x-amzn-errortype", "ForbiddenException") in answer.headers
    assert shown(answer) == {"message": "Forbidden"}


@pytest.mark.parametrize("path", ["/prod", "/prod/", "/prod/x", "/prod/@connections"])
def test_requests_where_sockets_are(path: str) -> None:
    answer = Api().ask("GET", path)
    assert answer.status == 426
    assert shown(answer) == {"message": "Upgrade Required"}


def test_requests_without_a_signature() -> None:
    api = Api()
    for answer in (api.ask("GET", "", b"", ("authorization", "Bearer x")), api.ask("PUT")):
        assert answer.status == 403
        assert shown(answer) == {"message": "Missing Authentication Token"}
    assert api.ask("GET", f"{api.path}?X-Amz-Signature=x", b"", ("x-own", "1")).status == 200
