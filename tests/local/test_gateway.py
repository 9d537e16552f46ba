"""Requests through the gateway: the event they become, the answers they get, and who is told."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any, Final

import anyio
import httpx
import pytest
from mangum import Mangum

from asgi_lambda import ConfigurationError, Handler, adapt
from asgi_lambda.local import Gateway
from asgi_lambda.local.events import BUILDERS
from asgi_lambda.local.exchange import Exchange
from tests.local.clients import ask, connect, lifespan

MULTIPLE: Final = ("rest-api", "http-api-v1", "alb-multi-value")


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with what arrived, and two cookies."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    seen = {
        "method": scope["method"],
        "path": scope["path"],
        "root_path": scope["root_path"],
        "query": scope["query_string"].decode(),
        "headers": [[name.decode(), value.decode()] for name, value in scope["headers"]],
        "client": scope["client"][0],
        "scheme": scope["scheme"],
        "server": list(scope["server"]),
        "body": body.decode("latin-1"),
    }
    headers = [(b"content-type", b"application/json"), (b"x-many", b"1"), (b"x-many", b"2")]
    headers += [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(seen).encode()})


def returns(response: Any) -> Any:
    """A function that returns the same to every event."""
    return lambda event, context: response


def own(log: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What this package logged: httpx does so too, where some test has asked for it."""
    return [record for record in log.records if record.name == "asgi_lambda"]


class Recorder:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.exchanges: list[Exchange] = []

    def started(self, seconds: float) -> None:
        assert 0 <= seconds < 60
        self.told.append("started")

    def arrived(self, exchange: Exchange) -> None:
        self.told.append("arrived")
        self.exchanges.append(exchange)

    def invoked(self, exchange: Exchange) -> None:
        assert exchange.event is not None
        self.told.append("invoked")

    def returned(self, exchange: Exchange) -> None:
        assert exchange.response is None or exchange.error is None
        self.told.append("returned")

    def answered(self, exchange: Exchange) -> None:
        assert exchange.answer is not None
        self.told.append("answered")


@pytest.mark.parametrize("source", BUILDERS)
def test_request_and_answer(source: str) -> None:
    gateway = Gateway(adapt(echo, lifespan="off"), source, binary_media_types=["*/*"])
    prefix = gateway.door.prefix
    response = ask(
        gateway,
        f"{prefix}/a%20b?c=d%2Be",
        "POST",
        content=b"\xff\x00",
        headers={"X-Own": "é".encode(), "content-type": "application/octet-stream"},
    )
    seen = response.json()
    assert response.status_code == 201
    assert (seen["method"], seen["path"]) == ("POST", f"{prefix}/a b")
    assert (seen["root_path"], seen["query"]) == (prefix, "c=d%2Be")
    assert seen["body"] == "\xff\x00"
    assert ["x-own", "é"] in seen["headers"]
    assert seen["client"] == "127.0.0.1"
    assert (seen["scheme"], seen["server"]) == ("http", ["127.0.0.1", 8000])
    assert sorted(response.headers.get_list("set-cookie")) == ["a=1", "b=2"]
    many = response.headers.get_list("x-many")
    assert sorted(many) == (["1", "2"] if source in MULTIPLE else ["1, 2"])


def test_stage_base_path_and_claims() -> None:
    def function(event: Any, context: Any) -> Any:
        context = event["requestContext"]
        return {"statusCode": 200, "body": json.dumps([event["path"], context])}

    gateway = Gateway(function, "rest-api", stage="dev", base_path="shop", claims={"sub": "alice"})
    path, context = ask(gateway, "/shop/items").json()
    assert (path, context["stage"]) == ("/shop/items", "dev")
    assert context["authorizer"] == {"claims": {"sub": "alice"}}


def test_authorizer_context() -> None:
    def function(event: Any, context: Any) -> Any:
        return event["requestContext"]["authorizer"]

    gateway = Gateway(function, authorizer={"tenant": "x"})
    assert ask(gateway).json() == {"lambda": {"tenant": "x"}}


def test_a_bare_application() -> None:
    assert ask(Gateway(echo), "/x").json()["path"] == "/x"


@pytest.fixture
def _current_loop() -> Iterator[None]:
    """A current event loop of this thread, which Mangum would make, and never close."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.mark.usefixtures("_current_loop")
def test_a_handler_of_mangum() -> None:
    gateway = Gateway(Mangum(echo, lifespan="off"), "rest-api")

    async def main() -> list[int]:
        async with connect(gateway) as client:
            return [(await client.get("/prod/x")).status_code for _ in range(2)]

    assert anyio.run(main) == [201, 201]


def test_context_of_a_function() -> None:
    def function(event: Any, context: Any) -> Any:
        return [context.get_remaining_time_in_millis(), context.aws_request_id]

    left, _ = ask(Gateway(function, timeout=77)).json()
    assert 70_000 < left <= 77_000


def test_a_function_url_has_one_id_for_request_and_invocation() -> None:
    def function(event: Any, context: Any) -> Any:
        return [event["requestContext"]["requestId"], context.aws_request_id]

    response = ask(Gateway(function, "function-url"))
    first, second = response.json()
    assert first == second == response.headers["x-amzn-requestid"]


@pytest.mark.parametrize(
    ("source", "status", "body"),
    [
        ("rest-api", 502, b'{"message": "Internal server error"}'),
        ("http-api", 500, b'{"message":"Internal Server Error"}'),
        ("http-api-v1", 500, b'{"message":"Internal Server Error"}'),
        ("function-url", 502, b"Internal Server Error"),
        ("alb", 502, None),
        ("alb-multi-value", 502, None),
    ],
)
@pytest.mark.parametrize("function", [returns({"statusCode": "none"}), returns(b"bytes")])
def test_malformed_response(
    source: str, status: int, body: bytes | None, function: Any, log: pytest.LogCaptureFixture
) -> None:
    gateway = Gateway(function, source)
    response = ask(gateway, f"{gateway.door.prefix}/")
    assert response.status_code == status
    assert body is None or response.content == body
    [record] = own(log)
    assert record.levelno == logging.ERROR
    assert f"The front door answers {status}: expected" in record.getMessage().replace(
        "statusCode: ", ""
    )


def test_cookies_are_no_key_of_a_rest_api(log: pytest.LogCaptureFixture) -> None:
    gateway = Gateway(returns({"statusCode": 200, "cookies": ["a=1"]}), "rest-api")
    assert ask(gateway, "/prod").status_code == 502
    assert "expected keys of" in log.text
    assert "'cookies'" in log.text


def test_base64_that_is_none(log: pytest.LogCaptureFixture) -> None:
    response = {"statusCode": 200, "body": "*", "isBase64Encoded": True}
    gateway = Gateway(returns(response), "rest-api", binary_media_types=["*/*"])
    assert ask(gateway, "/prod").status_code == 500
    assert "expected base64" in log.text


def test_function_that_raises(log: pytest.LogCaptureFixture) -> None:
    def function(event: Any, context: Any) -> Any:
        raise ValueError("raised on purpose")

    response = ask(Gateway(function, "rest-api"), "/prod/")
    assert (response.status_code, response.json()) == (502, {"message": "Internal server error"})
    assert "ValueError: raised on purpose" in log.text
    assert "The front door answers 502: the function raised ValueError" in log.text


def test_path_beside_the_stage(log: pytest.LogCaptureFixture) -> None:
    assert ask(Gateway(returns({}), "rest-api"), "/docs").json() == {"message": "Forbidden"}
    assert ask(Gateway(returns({}), stage="dev"), "/docs").json() == {"message": "Not Found"}
    assert "expected a path below /prod/" in log.text
    assert {record.levelno for record in own(log)} == {logging.WARNING}


def test_body_that_is_too_large() -> None:
    response = ask(Gateway(returns({}), "alb"), "/", "POST", content=b"x" * (1024 * 1024 + 1))
    assert response.status_code == 413


def test_a_body_is_read_no_further_than_it_is_taken() -> None:
    sent: list[dict[str, Any]] = []
    messages = iter([{"type": "http.request", "body": b"x" * 700_000, "more_body": True}] * 2)

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/a b", "query_string": b"", "headers": []}
    anyio.run(Gateway(returns({}), "alb"), scope, receive, send)
    assert sent[0]["status"] == 413


def test_client_that_leaves_early() -> None:
    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError("nobody is there")

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    recorder = Recorder()
    anyio.run(Gateway(returns({}), observers=[recorder]), scope, receive, send)
    assert recorder.told == ["arrived"]


def test_scope_without_what_a_server_may_leave_out() -> None:
    def function(event: Any, context: Any) -> Any:
        return {"statusCode": 200, "body": json.dumps(event)}

    bodies: list[bytes] = []

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        bodies.append(message.get("body", b""))

    scope = {"type": "http", "method": "GET", "path": "/é ?", "query_string": b"", "headers": []}
    anyio.run(Gateway(function), {**scope, "scheme": "https", "server": None}, receive, send)
    event = json.loads(b"".join(bodies))
    assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"
    assert event["headers"]["x-forwarded-port"] == "443"
    assert event["rawPath"] == "/é "  # an HTTP API cuts the path at that escape


def test_web_socket_is_refused() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    anyio.run(Gateway(echo), {"type": "websocket"}, receive, send)
    assert sent == [{"type": "websocket.close"}]


@pytest.mark.parametrize(
    ("source", "status", "body"),
    [
        ("rest-api", 504, {"message": "Endpoint request timed out"}),
        ("http-api", 503, {"message": "Service Unavailable"}),
    ],
)
def test_front_door_waits_no_longer(
    source: str, status: int, body: Any, log: pytest.LogCaptureFixture
) -> None:
    """The client gets an answer, and the function goes on."""
    go_on = threading.Event()

    def function(event: Any, context: Any) -> Any:
        go_on.wait()
        return {"statusCode": 200}

    recorder = Recorder()
    gateway = Gateway(function, source, integration_timeout=0.01, observers=[recorder])

    async def main() -> httpx.Response:
        async with connect(gateway) as client:
            response = await client.get(f"{gateway.door.prefix}/")
        assert recorder.told == ["arrived", "invoked", "answered"]
        go_on.set()
        with anyio.fail_after(10):
            while gateway._late:
                await anyio.lowlevel.checkpoint()
        return response

    response = anyio.run(main)
    assert (response.status_code, response.json()) == (status, body)
    assert "expected a response within 0.01 s" in log.text
    assert recorder.told[-1] == "returned"
    assert recorder.exchanges[0].response == {"statusCode": 200}


def test_who_is_told_and_of_what() -> None:
    recorder = Recorder()
    gateway = Gateway(adapt(echo), observers=[recorder])

    async def main() -> None:
        async with lifespan(gateway), connect(gateway) as client:
            await client.put("/x", content=b"body")

    anyio.run(main)
    assert recorder.told == ["started", "arrived", "invoked", "returned", "answered"]
    [exchange] = recorder.exchanges
    assert exchange.request.body == b"body"
    assert exchange.event is not None
    assert exchange.event["rawPath"] == "/x"
    assert exchange.response["statusCode"] == 201
    assert exchange.answer is not None
    assert exchange.answer.status == 201
    assert exchange.invoked is not None
    assert exchange.returned is not None
    assert exchange.answered is not None
    assert exchange.arrived <= exchange.invoked <= exchange.returned <= exchange.answered


def test_lifespan_starts_before_the_first_request_and_ends_once() -> None:
    steps: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                step = (await receive())["type"]
                steps.append(step)
                await send({"type": f"{step}.complete"})
            return
        steps.append("request")
        await echo(scope, receive, send)

    gateway = Gateway(adapt(app))

    async def main() -> None:
        async with lifespan(gateway) as sent, connect(gateway) as client:
            steps.append(sent[0]["type"])
            await client.get("/")
            await client.get("/")
        steps.append(sent[1]["type"])

    anyio.run(main)
    assert steps == [
        "lifespan.startup",
        "lifespan.startup.complete",
        "request",
        "request",
        "lifespan.shutdown",
        "lifespan.shutdown.complete",
    ]


def test_startup_that_fails(log: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    gateway = Gateway(adapt(app))

    async def main() -> list[dict[str, Any]]:
        async with lifespan(gateway) as sent:
            return sent

    expected = {"type": "lifespan.startup.failed", "message": "no database"}
    assert anyio.run(main) == [expected]
    assert "The application could not start up" in log.text


def test_handler_is_awaited_many_at_once() -> None:
    both = anyio.Event()
    waiting = 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal waiting
        waiting += 1
        if waiting == 2:
            both.set()
        await both.wait()
        await echo(scope, receive, send)

    gateway = Gateway(adapt(app, lifespan="off"))

    async def main() -> None:
        async with connect(gateway) as client, anyio.create_task_group() as group:
            group.start_soon(client.get, "/")
            group.start_soon(client.get, "/")

    anyio.run(main)
    assert waiting == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("http-api", {"stage": "a/b"}), "stage: expected a name"),
        (("alb", {"stage": "dev"}), "source: expected one with stages"),
        (("alb", {"claims": {}}), "claims: expected one of"),
        (("nginx", {}), "source: expected one of"),
    ],
)
def test_settings_that_the_front_door_does_not_have(arguments: Any, message: str) -> None:
    source, settings = arguments
    with pytest.raises(ConfigurationError, match=message):
        Gateway(echo, source, **settings)


def test_what_is_no_handler() -> None:
    handler: Any = 1
    with pytest.raises(ConfigurationError, match="handler: expected a handler or an ASGI app"):
        Gateway(handler)


def test_a_handler_is_used_as_it_is() -> None:
    handler: Handler = adapt(echo)
    assert Gateway(handler).function.handler is handler
