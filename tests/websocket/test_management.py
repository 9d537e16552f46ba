"""The management API by the real boto3, against a server that throttles, refuses and is gone."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws
from moto.apigatewaymanagementapi.models import apigatewaymanagementapi_backends

from asgi_lambda import adapt
from asgi_lambda.errors import SendFailed
from asgi_lambda.websocket import MemoryStore, management
from asgi_lambda.websocket.management import ENDPOINTS, Management, endpoint
from asgi_lambda.websocket.outbox import Gone
from asgi_lambda.websocket.threads import MOST
from tests.websocket.connections_api import Asked, ConnectionsAPI, serving
from tests.websocket.play import HOST, accept, connect, echo, event, message, websocket_only

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_lambda.asgi_types import Receive, Send


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that nobody checks, and none of the machine."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ENDPOINTS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[tuple[ConnectionsAPI, str]]:
    with serving() as (api, where):
        yield api, where


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each wait was to be; none takes any time."""
    seconds: list[float] = []
    monkeypatch.setattr(management, "_sleep", seconds.append)
    return seconds


# Where it is


@pytest.mark.parametrize("name", ENDPOINTS)
@pytest.mark.parametrize(
    ("domain", "configured", "variable", "expected"),
    [
        pytest.param(HOST, None, "", f"https://{HOST}/prod", id="default-host"),
        pytest.param("ws.example.com", None, "", "https://ws.example.com", id="custom-domain"),
        pytest.param(HOST, "https://a/b", "https://c", "https://a/b", id="configured"),
        pytest.param(HOST, None, "http://127.0.0.1:1", "http://127.0.0.1:1", id="variable"),
    ],
)
def test_the_endpoint(
    domain: str,
    configured: str | None,
    variable: str,
    expected: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, variable)
    assert endpoint(event("MESSAGE", "one", domain=domain), configured) == expected


@pytest.mark.parametrize(
    ("where", "region"),
    [
        ("https://abc.execute-api.us-east-2.amazonaws.com/prod", "us-east-2"),
        ("https://ws.example.com", "eu-west-1"),
        ("http://127.0.0.1:1", "us-east-1"),
        ("https://abc.execute-api", "eu-west-1"),
    ],
)
def test_the_region_is_that_of_the_endpoint(where: str, region: str) -> None:
    assert Management(where)._client().meta.region_name == region


def test_the_region_is_that_of_boto3_where_nothing_else_names_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-south-1")
    assert Management("https://ws.example.com")._client().meta.region_name == "eu-south-1"


def test_a_gateway_at_home_gets_no_real_signature(
    server: tuple[ConnectionsAPI, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    api, where = server
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    Management(where).post("one", b"x", 0.0)
    assert api.sent("one") == ["x"]


@mock_aws
def test_what_moto_has_of_it() -> None:
    client = Management(f"https://{HOST}/prod")
    client.post("one", b"hello", 0.0)
    backend = apigatewaymanagementapi_backends["123456789012"]["eu-west-1"]
    assert backend.connections["one"].data == b"hello"
    client.delete("one")
    assert "one" not in backend.connections


def test_the_region_is_that_of_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert Management("https://ws.example.com")._client().meta.region_name == "eu-north-1"


# One call


def test_calls(server: tuple[ConnectionsAPI, str]) -> None:
    api, where = server
    it = Management(where)
    it.post("a/b=", "köök".encode(), 0.0)
    it.delete("a/b=")
    assert api.asked == [Asked("POST", "a/b=", "köök".encode()), Asked("DELETE", "a/b=", b"")]
    assert api.paths == ["/prod/@connections/a%2Fb%3D"] * 2
    assert it._client() is it._client()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(
    server: tuple[ConnectionsAPI, str], delays: list[float], status: int
) -> None:
    api, where = server
    api.statuses["one"].extend([status] * 7)
    Management(where).post("one", b"x", 0.0)
    assert api.sent("one") == ["x"]
    bounds = [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert all(most / 2 <= each <= most for each, most in zip(delays, bounds, strict=True))


def test_attempts_come_to_an_end(server: tuple[ConnectionsAPI, str], delays: list[float]) -> None:
    api, where = server
    api.statuses["one"].extend([429] * 8)
    with pytest.raises(SendFailed, match="status 429 in 8 attempts"):
        Management(where).post("one", b"x", 0.0)
    assert api.refused == [429] * 8


def test_a_refusal_names_what_may_help(
    server: tuple[ConnectionsAPI, str], delays: list[float]
) -> None:
    api, where = server
    api.statuses["one"].append(403)
    with pytest.raises(SendFailed, match=r"execute-api:ManageConnections.*websocket_endpoint"):
        Management(where).delete("one")
    assert delays == []


def test_a_client_that_is_gone(server: tuple[ConnectionsAPI, str], delays: list[float]) -> None:
    api, where = server
    api.statuses["one"].append(410)
    with pytest.raises(Gone):
        Management(where).post("one", b"x", 0.0)
    assert delays == []


def test_a_client_that_is_not_there_yet(
    server: tuple[ConnectionsAPI, str], delays: list[float]
) -> None:
    api, where = server
    api.statuses["one"].extend([410] * 20)
    Management(where).post("one", b"x", 60.0)
    assert len(delays) == 20
    assert api.sent("one") == ["x"]


def test_a_kept_connection_that_has_ended(
    server: tuple[ConnectionsAPI, str], delays: list[float]
) -> None:
    api, where = server
    api.statuses["one"].append(0)
    Management(where).post("one", b"x", 0.0)
    assert api.sent("one") == ["x"]


def test_a_server_that_is_not_there(delays: list[float]) -> None:
    with pytest.raises(SendFailed, match=r"http://127\.0\.0\.1:1 to answer"):
        Management("http://127.0.0.1:1").post("one", b"x", 0.0)
    assert len(delays) == 7


def test_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(SendFailed, match="Unable to locate credentials"):
        Management("https://127.0.0.1:1").post("one", b"x", 0.0)


def test_without_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(SendFailed, match=r"asgi-lambda\[websocket\]"):
        Management("http://127.0.0.1:1").post("one", b"x", 0.0)


# Whole connections


def test_a_conversation(
    server: tuple[ConnectionsAPI, str], delays: list[float], backend: Any
) -> None:
    api, where = server
    handler = adapt(
        websocket_only(echo), backend=backend.name, websocket_endpoint=where, websocket_linger=0
    )
    handler(connect())
    # It may take a while until API Gateway knows of a connection, and more than one try to send.
    api.statuses["one"].extend([410, 429, 503])
    handler(message("a"))
    handler(message("b"))
    assert api.sent("one") == ["welcome", "1: a", "2: b"]


def test_a_broadcast_to_a_thousand(
    server: tuple[ConnectionsAPI, str], delays: list[float], backend: Any
) -> None:
    api, where = server
    names = [f"c{number}" for number in range(1_000)]
    found: list[Any] = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await receive()
        connection = scope["extensions"]["asgi_lambda.connection"]
        found.append(await connection.send([*names, *names], text="hello"))
        await receive()

    for number, name in enumerate(names):
        if number % 10 == 0:
            api.statuses[name].extend([429] * (number // 10 % 3))
        if number % 100 == 1:
            api.statuses[name].append(410)
    throttled = sum(429 in api.statuses[name] for name in names)
    api.fills_at = MOST
    api.opens = threading.Event()
    handler = adapt(
        websocket_only(app),
        backend=backend.name,
        websocket_endpoint=where,
        websocket_linger=0,
        websocket_store=MemoryStore(),
    )
    handler(connect())
    thread = threading.Thread(target=handler, args=(message("a"),))
    thread.start()
    # So many wait for an answer, and no more come.
    assert api.full.wait(10)
    api.opens.set()
    thread.join(60)
    assert not thread.is_alive()
    gone = [name for number, name in enumerate(names) if number % 100 == 1]
    assert found == [gone]
    assert api.most == MOST
    assert {name: api.sent(name) for name in names if name not in gone} == {
        name: ["hello"] for name in names if name not in gone
    }
    assert throttled == 66
    assert len(api.asked) + len(api.refused) == 1_000 + sum(
        number // 10 % 3 for number in range(0, 1_000, 10)
    )
