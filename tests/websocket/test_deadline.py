"""Connections that are still busy when their invocation has to end."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from asgi_lambda import environment
from asgi_lambda.websocket import MemoryStore
from tests.applications import Context, http_event
from tests.websocket.play import FakeAPI, accept, connect, disconnect, echo, live, message

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Receive, Send
    from tests.backends import Adapt
    from tests.websocket.conftest import Serve

# A quarter of it is the margin. The second one leaves time for what has to happen before its end.
SHORT = Context(milliseconds=400)
LONGER = Context(milliseconds=1_500)


def busy(ended: list[str]) -> Any:
    """Hangs at "hang", and answers all else."""

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        try:
            while (got := await receive())["type"] == "websocket.receive":
                if got["text"] == "hang":
                    await anyio.sleep_forever()
                await send({"type": "websocket.send", "text": got["text"]})
        finally:
            ended.append("ended")

    return app


def test_a_busy_connection_is_cancelled_and_comes_back(
    serve: Serve, api: FakeAPI, log: pytest.LogCaptureFixture
) -> None:
    ended: list[str] = []
    handler = serve(busy(ended))
    handler(connect())
    handler(message("a"))
    assert handler(message("hang"), SHORT) == {"statusCode": 200}
    assert live(handler) == []
    (record,) = [each for each in log.records if each.levelno == logging.ERROR]
    assert "still ran at the deadline, and was cancelled" in record.getMessage()
    assert "in sleep_forever" in record.getMessage()
    handler(message("b"))
    assert ended == ["ended"]
    assert api.sent() == ["a", "b"]
    assert api.closed() == []


def test_a_handshake_without_an_answer_is_a_504(
    serve: Serve, log: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await anyio.sleep_forever()

    handler = serve(app)
    assert handler(connect(), SHORT) == {"statusCode": 504}
    assert live(handler) == []
    assert "still ran at the deadline" in log.text


def test_a_handshake_of_an_application_that_only_waits_is_a_504(
    serve: Serve, log: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        while True:
            await receive()

    handler = serve(app)
    assert handler(connect(), SHORT) == {"statusCode": 504}
    assert live(handler) == []
    assert "still ran at the deadline" in log.text


def test_an_end_at_the_deadline_leaves_no_record(serve: Serve) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await receive()
        await anyio.sleep_forever()

    store = MemoryStore()
    handler = serve(app, websocket_store=store)
    handler(connect())
    assert handler(disconnect(), SHORT) == {"statusCode": 200}
    # By the thread that was asked, if not yet then soon.
    assert handler._websockets is not None
    (connections,) = handler._websockets._connections
    assert connections._threads._pool is not None
    connections._threads._pool.shutdown(wait=True)
    assert store.load("one") is None


def test_an_accepted_handshake_is_answered_though_the_application_is_busy(
    serve: Serve, api: FakeAPI
) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        if not scope["extensions"]["asgi_lambda.connection"].replayed:
            await send({"type": "websocket.send", "text": "welcome"})
            await anyio.sleep_forever()
        await receive()
        await send({"type": "websocket.send", "text": "replayed"})
        await receive()

    handler = serve(app)
    assert handler(connect(), LONGER) == {"statusCode": 200}
    handler(message("a"))
    assert api.sent() == ["welcome", "replayed"] or api.sent() == ["replayed", "welcome"]


def test_the_linger_ends_at_the_deadline(serve: Serve, api: FakeAPI) -> None:
    handler = serve(echo, websocket_linger=60)
    assert handler(connect(), LONGER) == {"statusCode": 200}
    handler(message("a"), LONGER)
    # Nobody was busy, so nobody was cancelled.
    assert live(handler) == ["one"]
    assert api.sent() == ["welcome", "1: a"]


def test_the_timeout_of_the_front_door_counts_too(serve: Serve) -> None:
    handler = serve(echo, websocket_linger=60, timeout=0.2)
    began = time.monotonic()
    handler(connect())
    assert time.monotonic() - began < 30


def test_a_connection_beside_that_never_rests_is_cancelled(
    serve: Serve, api: FakeAPI, log: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        if scope["extensions"]["asgi_lambda.connection"].id == "one":
            await receive()
            while True:
                await send({"type": "websocket.send", "text": "tick"})
        while True:
            await receive()

    handler = serve(app)
    handler(connect())
    handler(connect("two"))
    assert handler(message("a"), SHORT) == {"statusCode": 200}
    assert live(handler) == ["two"]
    handler(message("b", "two"))
    assert "still ran at the deadline" in log.text


def test_a_store_that_takes_too_long(
    serve: Serve, api: FakeAPI, log: pytest.LogCaptureFixture
) -> None:
    import threading

    goes_on = threading.Event()

    class Slow(MemoryStore):
        def load(self, connection_id: str) -> Any:
            goes_on.wait(10)
            return super().load(connection_id)

    store = Slow()
    handler = serve(echo, websocket_store=store)
    handler(message("a"), SHORT)
    goes_on.set()
    assert "It was reading the store" in log.text


def test_a_close_at_the_deadline_closes_though_the_store_takes_too_long(
    serve: Serve, api: FakeAPI
) -> None:
    closed = threading.Event()

    class Slow(MemoryStore):
        def delete(self, connection_id: str) -> None:
            closed.wait(10)

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await receive()
        await send({"type": "websocket.close"})

    api.when_called = closed.set
    handler = serve(app, websocket_store=Slow())
    handler(connect())
    handler(message("a"), SHORT)
    assert closed.wait(10)
    assert live(handler) == []


def test_applications_that_do_not_end(
    serve: Serve, api: FakeAPI, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on: list[Any] = []
    replaced: list[str] = []
    monkeypatch.setattr(environment, "replace_environment", replaced.append)

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        if scope["extensions"]["asgi_lambda.connection"].id == "free":
            for each in goes_on:
                each.set()
            await receive()
        goes_on.append(anyio.Event())
        with anyio.CancelScope(shield=True):
            while not goes_on[-1].is_set():
                with suppress(anyio.get_cancelled_exc_class()):
                    await goes_on[-1].wait()

    handler = serve(app)
    for number in range(4):
        handler(connect(str(number)), SHORT)
        assert replaced == ([] if number < 2 else ["3 applications did not end"])
    assert live(handler) == []
    handler(connect("free"))
    # They were given up, so that their end closes nothing.
    assert api.calls == []


def test_requests_and_connections_that_do_not_end_are_counted_together(
    adapt: Adapt, api: FakeAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on: list[Any] = []
    replaced: list[str] = []
    monkeypatch.setattr(environment, "replace_environment", replaced.append)

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        if scope.get("path") == "/free":
            for each in goes_on:
                each.set()
            return
        goes_on.append(anyio.Event())
        with anyio.CancelScope(shield=True):
            while not goes_on[-1].is_set():
                with suppress(anyio.get_cancelled_exc_class()):
                    await goes_on[-1].wait()

    handler = adapt(app, lifespan="off", websocket_linger=0)
    for each in (connect("one"), http_event(), connect("two")):
        assert replaced == []
        handler(each, SHORT)
    assert replaced == ["3 applications did not end"]
    handler(http_event(path="/free"))


def test_a_loop_that_is_blocked(serve: Serve, log: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await receive()
        began = time.monotonic()
        while "is blocked" not in log.text and time.monotonic() < began + 10:
            time.sleep(0.001)  # noqa: ASYNC251 - that is what the test is about
        await send({"type": "websocket.accept"})
        await receive()

    handler = serve(app)
    assert handler(connect(), SHORT)["statusCode"] in (200, 504)
    assert "The event loop is blocked" in log.text
