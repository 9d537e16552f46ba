"""The command that serves a WebSocket API: real clients, and a function that posts with boto3."""

from __future__ import annotations

import json
import socket
import sys
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from websockets import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from asgi_lambda.cli import main
from asgi_lambda.local import websocket_server
from asgi_lambda.local.websocket_server import ENDPOINT
from tests.local.serving import Process, serving

SECONDS = 60
MODULE = """
import json
import os

import boto3

CLIENT = boto3.client(
    "apigatewaymanagementapi",
    endpoint_url=os.environ["ASGI_LAMBDA_WEBSOCKET_ENDPOINT"],
    region_name="us-east-1",
    aws_access_key_id="local",
    aws_secret_access_key="local",
)


def handler(event, context):
    context = event["requestContext"]
    if context["eventType"] == "CONNECT":
        query = event.get("queryStringParameters") or {}
        if "deny" in query:
            return {"statusCode": 401, "body": "who are you?"}
        offered = event["headers"].get("Sec-WebSocket-Protocol", "")
        if "chat" in offered.split(", "):
            return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "chat"}}
    elif context["eventType"] == "MESSAGE":
        if event["body"] == "who":
            text = context["connectionId"]
        else:
            text = json.dumps([context["routeKey"], event["body"]])
        if event["body"] == "fail":
            raise ValueError
        CLIENT.post_to_connection(ConnectionId=context["connectionId"], Data=text.encode())
    return {"statusCode": 200}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the module `sockets`."""
    (tmp_path / "sockets.py").write_text(MODULE)
    return tmp_path


@pytest.fixture
def server(project: Path) -> Iterator[Process]:
    """The module behind a WebSocket API with a route."""
    arguments = ["sockets:handler", "--source", "websocket-api", "--stage", "dev"]
    with serving(*arguments, "--route", "chat", cwd=project) as process:
        yield process


def endpoint(server: Process) -> str:
    return server.line(rf"^{ENDPOINT}=(http://\S+)$")[1]


def enter(http: str, **arguments: Any) -> AbstractContextManager[ClientConnection]:
    """A client of the API whose endpoint is given."""
    url = http.replace("http", "ws", 1)
    client: AbstractContextManager[ClientConnection]
    client = connect(url, proxy=None, open_timeout=SECONDS, **arguments)
    return client


def management(http: str) -> Any:
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=http,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def ending(client: ClientConnection) -> tuple[int, str]:
    """How the server closes a connection."""
    with pytest.raises(ConnectionClosed) as closed:
        client.recv(SECONDS)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


def test_conversation(server: Process) -> None:
    http = endpoint(server)
    assert http.endswith("/dev")
    with enter(http, subprotocols=["other", "chat"]) as client:
        assert client.subprotocol == "chat"
        client.send("ä")
        assert json.loads(client.recv(SECONDS)) == ["$default", "ä"]
        client.send('{"action": "chat"}')
        assert json.loads(client.recv(SECONDS)) == ["chat", '{"action": "chat"}']
        client.send("fail")
        error = json.loads(client.recv(SECONDS))
        assert error.keys() == {"message", "connectionId", "requestId"}
        assert error["message"] == "Internal server error"
        # As many frames as it takes.
        parts = ["a" * 32_768, "b" * 32_768, "c" * 32_768, "d" * 32_000]
        client.send(parts)
        assert json.loads(client.recv(SECONDS)) == ["$default", "".join(parts)]
        client.close(4001, "enough")
    ended = server.line(r"websocket-api DISCONNECT (\S+) (\d+) -> (\d+)")
    assert ended.groups() == (error["connectionId"], "4001", "200")


def test_ends(server: Process) -> None:
    http = endpoint(server)
    with enter(http) as client:
        client.send(b"binary")
        assert ending(client) == (1003, "")
    server.line(r"DISCONNECT \S+ 1003 ")
    with enter(http) as client:
        client.socket.shutdown(socket.SHUT_RDWR)
    server.line(r"DISCONNECT \S+ 1006 ")
    with enter(http) as client:
        assert server.stop() == 0
        assert ending(client)[0] == 1012
    assert any("DISCONNECT" in line and " 1001 -> 200" in line for line in server.lines)


@pytest.mark.parametrize(
    "message", ["x" * 32_769, ["x" * 32_768] * 5], ids=["one frame", "many frames"]
)
def test_messages_that_are_too_large(server: Process, message: str | list[str]) -> None:
    # What its client sees is a race: the server ends before it has read everything.
    with enter(endpoint(server)) as client, suppress(ConnectionClosed):
        client.send(message)
        client.recv(SECONDS)
    server.line(r"DISCONNECT \S+ 1009 -> 200")
    assert not any("MESSAGE" in line for line in server.lines)


def test_refused_handshakes(server: Process) -> None:
    http = endpoint(server)
    with pytest.raises(InvalidStatus) as refused, enter(f"{http}?deny=1"):
        pass
    response = refused.value.response
    assert (response.status_code, response.body) == (401, b"who are you?")
    with pytest.raises(InvalidStatus) as refused, enter(f"{http}/elsewhere"):
        pass
    assert refused.value.response.status_code == 403
    assert httpx.get(http).status_code == 426


def test_connections_with_boto3(server: Process) -> None:
    http = endpoint(server)
    there = management(http)
    with enter(http, user_agent_header="tests") as client:
        client.send("who")
        name = client.recv(SECONDS)
        there.post_to_connection(ConnectionId=name, Data="ä" * 65_536)
        assert client.recv(SECONDS) == "ä" * 65_536
        with pytest.raises(there.exceptions.PayloadTooLargeException):
            there.post_to_connection(ConnectionId=name, Data=b"x" * 131_073)
        found = there.get_connection(ConnectionId=name)
        assert found["Identity"] == {"SourceIp": "127.0.0.1", "UserAgent": "tests"}
        assert found["ConnectedAt"] <= found["LastActiveAt"]
        there.delete_connection(ConnectionId=name)
        assert ending(client) == (1000, "Connection Closed Normally")
    for call in (there.get_connection, there.delete_connection):
        with pytest.raises(there.exceptions.GoneException):
            call(ConnectionId=name)
    with pytest.raises(there.exceptions.GoneException):
        there.post_to_connection(ConnectionId="BFHPhfCWIAMCKlQ=", Data=b"x")
    with pytest.raises(there.exceptions.ClientError, match="Invalid connectionId: nobody"):
        there.post_to_connection(ConnectionId="nobody", Data=b"x")
    elsewhere = management(http.replace("/dev", "/prod"))
    with pytest.raises(elsewhere.exceptions.ForbiddenException):
        elsewhere.post_to_connection(ConnectionId=name, Data=b"x")


def test_inspector(server: Process) -> None:
    http = endpoint(server)
    text = uuid.uuid4().hex
    with enter(http) as client:
        client.send(text)
        client.recv(SECONDS)
    server.line(r"DISCONNECT")
    root = http.removesuffix("/dev")
    with httpx.stream("GET", f"{root}/_lambda/stream") as stream:
        lines = (line for line in stream.iter_lines() if '"method"' in line)
        shown = [json.loads(next(lines).removeprefix("data: ")) for _ in range(3)]
    assert [each["method"] for each in shown] == ["CONNECT", "MESSAGE", "DISCONNECT"]
    found = httpx.get(f"{root}/_lambda/exchanges/{shown[1]['id']}").json()
    assert found["event"]["body"] == text


def test_reload_and_an_endpoint_of_ones_own(project: Path) -> None:
    (project / ".env").write_text(f"{ENDPOINT}=http://192.0.2.1/prod\n")
    arguments = ["--source", "websocket-api", "--reload", "--env-file", ".env"]
    with serving("sockets:handler", *arguments, cwd=project) as server:
        url = server.line(r"^Serving websocket-api at (ws://\S+)$")[1]
        assert endpoint(server) == "http://192.0.2.1/prod"
        with enter(url.replace("ws", "http", 1)):
            pass
        server.line(r"DISCONNECT \S+ 1000 -> 200")
        assert server.stop() == 0


def test_import_that_fails(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "broken_sockets.py").write_text("import no_such_module")
    monkeypatch.chdir(project)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv(ENDPOINT, "http://192.0.2.1/prod")
    arguments = ["broken_sockets:app", "--source", "websocket-api", "--port", "0"]
    assert main(["serve", *arguments]) == 1
    assert "No module named 'no_such_module'" in capsys.readouterr().err


def test_old_websockets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(websocket_server, "version", lambda name: "15.0")
    assert main(["serve", "examples.hello.app:app", "--source", "websocket-api"]) == 2
    assert "expected websockets 16 or newer, found 15.0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--source", "websocket-api", "--route-selection", "x"], "route_selection_expression:"),
        (["--source", "alb", "--route", "chat"], "routes: expected the source websocket-api"),
    ],
)
def test_usage_errors(
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(ENDPOINT, "http://192.0.2.1/prod")
    assert main(["serve", "examples.hello.app:app", "--port", "0", *arguments]) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]
