"""Streams through the gateway: when the client has what, and every way that a stream can end."""

from __future__ import annotations

import functools
import logging
import threading
from typing import Any

import anyio
import pytest

import asgi_lambda
from asgi_lambda.errors import ConfigurationError
from asgi_lambda.local import Gateway, streamed_answer
from asgi_lambda.local.inspector import Inspector
from asgi_lambda.local.replay import replay
from asgi_lambda.local.streamed_answer import Interrupted
from asgi_lambda.local.view import detail
from tests.backends import Adapt
from tests.local.clients import ask, connect, lifespan
from tests.local.streaming import Client, headers
from tests.local.test_gateway import Recorder, echo, own, returns

SOURCES = ["function-url", "rest-api"]


def gateway(handler: Any, source: str = "function-url", **settings: Any) -> Gateway:
    return Gateway(handler, source, invoke_mode="RESPONSE_STREAM", **settings)


async def start(send: Any, status: int = 200) -> None:
    fields = [(b"content-type", b"text/plain"), (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    await send({"type": "http.response.start", "status": status, "headers": fields})


async def part(send: Any, body: bytes, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


@pytest.mark.parametrize("source", SOURCES)
def test_each_part_arrives_while_the_application_waits(source: str, adapt: Adapt) -> None:
    seen = [threading.Event() for _ in range(3)]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send, 201)
        for number, event in enumerate(seen):
            await part(send, b"part %d" % number)
            # Any thread sets it, as the application may run on trio.
            while not event.is_set():
                await anyio.lowlevel.checkpoint()
        await part(send, b"", more=False)

    served = gateway(adapt(app, lifespan="off"), source)

    async def main() -> None:
        async with Client(served, f"{served.door.prefix}/") as client:
            first = await client.next()
            assert first["status"] == 201
            assert sorted(headers(first)) == [
                ("content-type", "text/plain"),
                ("set-cookie", "a=1"),
                ("set-cookie", "b=2"),
            ]
            for number, event in enumerate(seen):
                assert (await client.next())["body"] == b"part %d" % number
                event.set()
            assert (await client.next())["more_body"] is False
            assert await client.next() is None

    anyio.run(main)


def test_slow_client_holds_the_application_back(adapt: Adapt) -> None:
    sent = 0
    begun = threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal sent
        await start(send)
        begun.set()
        for number in range(20):
            await part(send, b"x")
            sent = number + 1
        await part(send, b"", more=False)

    async def main() -> None:
        client = Client(gateway(adapt(app, lifespan="off")))
        client.reads.clear()
        async with client:
            with anyio.fail_after(10):
                while not begun.is_set():
                    await anyio.lowlevel.checkpoint()
            for _ in range(100):
                await anyio.lowlevel.checkpoint()
            assert sent == 0
            client.reads.set()
            assert await client.rest() == b"x" * 20
        assert sent == 20

    anyio.run(main)


def test_lifespan_and_state(adapt: Adapt) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            scope["state"]["word"] = b"kept"
            for _ in range(2):
                await send({"type": f"{(await receive())['type']}.complete"})
            return
        await start(send)
        await part(send, scope["state"]["word"], more=False)

    served = gateway(adapt(app))

    async def main() -> None:
        async with lifespan(served), connect(served) as client:
            assert (await client.get("/")).content == b"kept"

    anyio.run(main)


def test_background_work_does_not_hold_the_answer_back() -> None:
    go_on, ended = anyio.Event(), anyio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await part(send, b"answer", more=False)
        await go_on.wait()
        ended.set()

    recorder = Recorder()

    async def main() -> None:
        served = gateway(asgi_lambda.adapt(app, lifespan="off"), observers=[recorder])
        async with connect(served) as client:
            assert (await client.get("/")).content == b"answer"
        assert recorder.told == ["arrived", "invoked", "answered"]
        assert not ended.is_set()
        go_on.set()
        with anyio.fail_after(10):
            while served._late:
                await anyio.lowlevel.checkpoint()

    anyio.run(main)
    assert ended.is_set()


@pytest.mark.parametrize("source", SOURCES)
def test_failure_before_the_first_byte(source: str, adapt: Adapt) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise LookupError("on purpose")

    served = gateway(adapt(app, lifespan="off"), source)
    response = ask(served, f"{served.door.prefix}/")
    # The handler's own answer, as on the runtime.
    assert (response.status_code, response.text) == (500, "Internal Server Error")


@pytest.mark.parametrize("source", SOURCES)
def test_invocation_that_fails(source: str, log: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    served = gateway(asgi_lambda.adapt(app), source)
    assert ask(served, f"{served.door.prefix}/").status_code == 502
    assert "the function raised LifespanFailed" in log.text


def test_failure_after_the_first_byte(adapt: Adapt, log: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await part(send, b"first")
        raise LookupError("on purpose")

    recorder = Recorder()

    async def main() -> None:
        served = gateway(adapt(app, lifespan="off"), observers=[recorder])
        async with Client(served) as client:
            assert await client.rest() == b"first"
            assert isinstance(client.error, Interrupted)
            assert str(client.error) == "the stream ended early: LookupError"

    anyio.run(main)
    [exchange] = recorder.exchanges
    assert exchange.reason == "the stream ended early: LookupError"
    assert recorder.told[-1] == "answered"
    assert "cuts its client off: the stream ended early: LookupError" in log.text


def test_deadline_of_the_application() -> None:
    """Before its end the handler cancels it, and the stream ends with an error."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await part(send, b"first")
        await receive()
        await receive()
        told.append("http.disconnect")
        await anyio.sleep_forever()

    told: list[str] = []

    async def main() -> None:
        async with Client(gateway(asgi_lambda.adapt(app, lifespan="off"), timeout=0.4)) as client:
            assert await client.rest() == b"first"
            assert "the stream ended early: " in str(client.error)

    anyio.run(main)
    assert told == ["http.disconnect"]


def test_idle_timeout_of_the_runtime(
    monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await part(send, b"first")
        await anyio.sleep_forever()

    async def main() -> None:
        monkeypatch.setenv("ASGI_LAMBDA_STREAM_IDLE_TIMEOUT", "0.05")
        async with Client(gateway(asgi_lambda.adapt(app, lifespan="off"))) as client:
            assert await client.rest() == b"first"
            assert str(client.error) == "the stream ended early: ResponseFailed"

    anyio.run(main)
    assert "was given up: there was nothing more for 0.05 s" in log.text


def test_timeout_of_the_function(log: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await part(send, b"first")
        await anyio.sleep_forever()

    async def main() -> None:
        handler = asgi_lambda.adapt(app, lifespan="off", deadline_margin=None)
        async with Client(gateway(handler, timeout=0.05)) as client:
            assert await client.rest() == b"first"
            assert str(client.error) == "the function raised FunctionTimedOut"

    anyio.run(main)
    assert "Task timed out after 0.05 seconds" in log.text


def test_front_door_that_waits_no_longer() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await anyio.sleep_forever()

    handler = asgi_lambda.adapt(app, lifespan="off")
    response = ask(gateway(handler, "rest-api", integration_timeout=0.05), "/prod/")
    assert response.status_code == 504


def test_stream_that_is_too_large(monkeypatch: pytest.MonkeyPatch, adapt: Adapt) -> None:
    monkeypatch.setattr(streamed_answer, "LIMIT", 1000)
    told: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        for _ in range(2):
            await part(send, b"x" * 800)
        await receive()
        told.append((await receive())["type"])

    async def main() -> None:
        async with Client(gateway(adapt(app, lifespan="off"))) as client:
            assert await client.rest() == b"x" * 800
            assert "expected at most 1000 bytes" in str(client.error)
            with anyio.fail_after(10):
                while not told:
                    await anyio.lowlevel.checkpoint()

    anyio.run(main)
    assert told == ["http.disconnect"]


def test_last_part_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed_answer, "LIMIT", 1000)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await part(send, b"x" * 800)
        await part(send, b"x" * 800, more=False)

    async def main() -> None:
        async with Client(gateway(asgi_lambda.adapt(app, lifespan="off"))) as client:
            assert await client.rest() == b"x" * 800
            assert "expected at most 1000 bytes" in str(client.error)

    anyio.run(main)


def test_client_that_leaves_is_not_told_of(adapt: Adapt) -> None:
    """As on Lambda the application goes on to its end."""
    ended = threading.Event()
    go_on = threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await part(send, b"x")
        while not go_on.is_set():
            await anyio.lowlevel.checkpoint()
        await part(send, b"x")
        await part(send, b"x", more=False)
        ended.set()

    async def main() -> None:
        async with Client(gateway(adapt(app, lifespan="off"))) as client:
            await client.next()
            await client.next()
            client.gone = True
            go_on.set()
            assert await client.rest() == b""
            assert client.error is None

    anyio.run(main)
    assert ended.is_set()


def test_response_that_a_function_returns(log: pytest.LogCaptureFixture) -> None:
    """A Function URL hands it on as it is, since a stream has another form."""
    response = {"statusCode": 201, "headers": {"x-a": "1"}, "body": "text"}
    answer = ask(gateway(returns(response)))
    assert (answer.status_code, answer.json()) == (200, response)
    assert answer.headers["content-type"] == "application/json"
    assert "x-amzn-requestid" in answer.headers
    assert own(log)[0].levelno == logging.WARNING
    assert ask(gateway(returns(response), "rest-api"), "/prod/").status_code == 502
    assert ask(gateway(returns(b"bytes"))).status_code == 502


@pytest.mark.parametrize("source", SOURCES)
def test_decorated_handler_is_streamed_in_one_part(source: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await part(send, b"\xff", more=False)

    handler = asgi_lambda.adapt(app, lifespan="off")

    @functools.wraps(handler)
    def decorated(event: Any, context: Any) -> Any:
        return handler(event, context)

    served = gateway(decorated, source)
    response = ask(served, f"{served.door.prefix}/")
    assert (response.status_code, response.content) == (200, b"\xff")
    assert sorted(response.headers.get_list("set-cookie")) == ["a=1", "b=2"]


def test_decorator_that_returns_something_else() -> None:
    handler = asgi_lambda.adapt(echo, lifespan="off")
    decorated = functools.wraps(handler)(lambda event, context: ["something else"])
    assert ask(gateway(decorated)).json() == ["something else"]


def test_handler_that_was_started_on_the_kept_loop() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                await send({"type": f"{(await receive())['type']}.complete"})
            return
        await start(send)
        await part(send, b"first ")
        await part(send, b"second", more=False)

    served = gateway(asgi_lambda.adapt(app, startup="import"))

    async def main() -> None:
        async with lifespan(served), connect(served) as client:
            for _ in range(2):
                assert (await client.get("/")).content == b"first second"

    anyio.run(main)


def test_replay_and_inspector() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await part(send, b"x" * 5)
        if scope["path"] == "/broken":
            raise LookupError("on purpose")
        await part(send, b"", more=False)

    recorder = Recorder()
    served = gateway(asgi_lambda.adapt(app, lifespan="off"), observers=[recorder])
    inspector = Inspector(served)

    async def main() -> None:
        async with connect(inspector) as client:
            await client.get("/fine")
        again = await replay(served, recorder.exchanges[0], {"path": "/broken"})
        assert again.reason == "the stream ended early: LookupError"
        other = await replay(served, again, {"source": "alb", "path": "/fine"})
        assert other.response["body"] == "xxxxx"

    anyio.run(main)
    shown = detail(recorder.exchanges[0])
    assert shown["http_out"]["body"] == {"size": 5, "encoding": "text", "text": "x" * 5} | {
        "cut": False
    }
    assert [message["type"] for message in shown["messages"]] == [
        "http.response.start",
        "http.response.body",
        "http.response.body",
    ]


@pytest.mark.parametrize(
    ("source", "mode", "message"),
    [
        ("http-api", "RESPONSE_STREAM", "invoke_mode: expected BUFFERED for 'http-api'"),
        ("alb", "RESPONSE_STREAM", "function-url and rest-api stream alone"),
        ("function-url", "STREAM", "expected BUFFERED or RESPONSE_STREAM, got 'STREAM'"),
    ],
)
def test_settings(source: str, mode: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Gateway(returns({}), source, invoke_mode=mode)
    assert not Gateway(returns({}), source, invoke_mode="BUFFERED").door.streams
