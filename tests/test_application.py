"""Every way an application can end: what the client gets, what the log says, and the next call."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import anyio
import anyio.abc
import anyio.lowlevel
import pytest

from asgi_lambda import UnexpectedMessage, application, environment
from asgi_lambda.application import ApplicationCall
from asgi_lambda.lifespan import Lifespan
from asgi_lambda.protocols.http import HTTPCycle
from tests.applications import Context, http_event, http_only, respond
from tests.backends import raise_cancellation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_lambda.asgi_types import Receive, Scope, Send
    from tests.backends import Adapt, Backend

    Serve = Callable[[Scope, Receive, Send], Awaitable[None]]

START = {"type": "http.response.start", "status": 200, "headers": []}


async def raises_before(scope: Scope, receive: Receive, send: Send) -> None:
    raise ConnectionError("no database")


async def raises_between(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    raise ConnectionError("no database")


async def returns_nothing(scope: Scope, receive: Receive, send: Send) -> None:
    return


async def returns_half(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    await send({"type": "http.response.body", "body": b"half", "more_body": True})


async def sends_body_first(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.body", "body": b""})


async def injects_a_header(scope: Scope, receive: Receive, send: Send) -> None:
    await send({**START, "headers": [(b"x", b"a\r\nset-cookie: b=1")]})


async def cancels_itself(scope: Scope, receive: Receive, send: Send) -> None:
    await raise_cancellation()


async def raises_after(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send)
    raise ConnectionError("no database")


async def cancels_itself_after(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send)
    await raise_cancellation()


async def hangs(scope: Scope, receive: Receive, send: Send) -> None:
    await anyio.sleep_forever()


async def hangs_after(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send)
    await anyio.sleep_forever()


async def hangs_and_raises(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        await anyio.sleep_forever()
    finally:
        raise ConnectionError("no database")


async def hangs_and_answers(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        await anyio.sleep_forever()
    except anyio.get_cancelled_exc_class():
        await respond(send, b"busy", status=503)
        raise


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send)


@pytest.mark.parametrize(
    ("serve", "status", "body", "logged"),
    [
        (raises_before, 500, "Internal Server Error", "no database"),
        (raises_between, 500, "Internal Server Error", "no database"),
        (returns_nothing, 500, "Internal Server Error", "waiting for http.response.start"),
        (returns_half, 500, "Internal Server Error", "waiting for http.response.body"),
        (sends_body_first, 500, "Internal Server Error", "got 'http.response.body'"),
        (injects_a_header, 500, "Internal Server Error", "without CR, LF and NUL"),
        (cancels_itself, 500, "Internal Server Error", "cancelled itself"),
        (raises_after, 200, "ok", "no database"),
        (cancels_itself_after, 200, "ok", "cancelled itself"),
        (hangs, 504, "Gateway Timeout", "in hangs"),
        (hangs_after, 200, "ok", "in hangs_after"),
        (hangs_and_raises, 504, "Gateway Timeout", "no database"),
        (hangs_and_answers, 503, "busy", "in hangs_and_answers"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_an_application_that(
    adapt: Adapt, serve: Serve, status: int, body: str, logged: str, log: pytest.LogCaptureFixture
) -> None:
    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        await (answers if scope["path"] == "/next" else serve)(scope, receive, send)

    handler = adapt(http_only(choose))
    handler.startup()
    result = handler(http_event(), Context(milliseconds=400))
    assert (result["statusCode"], result["body"]) == (status, body)
    errors = [record for record in log.records if record.levelno == logging.ERROR]
    assert errors
    assert all(Context().aws_request_id in record.getMessage() for record in errors)
    assert logged in log.text
    assert handler(http_event(path="/next"), Context())["body"] == "ok"


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("turns", [0, 1])
def test_the_end_of_the_process_passes_through(
    adapt: Adapt, error: type[BaseException], turns: int
) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(turns):
            await anyio.lowlevel.checkpoint()
        raise error

    handler = adapt(http_only(serve), lifespan="off")
    with pytest.raises(error):
        handler(http_event(), Context())


def test_a_wrong_message_can_be_put_right(adapt: Adapt) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        with pytest.raises(UnexpectedMessage):
            await send({"type": "websocket.accept"})
        await respond(send)

    assert adapt(http_only(serve))(http_event(), Context())["body"] == "ok"


def test_disconnect_comes_when_the_response_is_complete(adapt: Adapt) -> None:
    received: list[Any] = []

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async def watch() -> None:
            while True:
                received.append(await receive())
                if received[-1]["type"] == "http.disconnect":
                    return

        async with anyio.create_task_group() as watchers:
            for _ in range(2):
                watchers.start_soon(watch)
            await anyio.wait_all_tasks_blocked()
            await send(START)
            assert [message["type"] for message in received] == ["http.request"]
            await send({"type": "http.response.body", "body": b""})

    adapt(http_only(serve))(http_event(), Context())
    assert [message["type"] for message in received] == ["http.request", *["http.disconnect"] * 2]


def test_the_body_can_go_elsewhere_with_backpressure(backend: Backend) -> None:
    written: list[bytes] = []

    async def write(chunk: bytes) -> None:
        await anyio.lowlevel.checkpoint()
        written.append(chunk)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        for chunk in (b"a", b"b"):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            assert written[-1] == chunk
        await send({"type": "http.response.body"})

    scope: Any = {"aws.context": None}
    call = ApplicationCall(app, Lifespan(app, "off", "3.0"), scope, HTTPCycle("GET", b""), write)
    ending = backend.kept().run(call.main, None)
    assert call.conclude(ending) is None
    assert (written, call.chunks) == ([b"a", b"b", b""], [])


def test_whoever_takes_the_body_may_go_away(backend: Backend) -> None:
    received: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def watch() -> None:
            await receive()
            received.append((await receive())["type"])

        async with anyio.create_task_group() as watchers:
            watchers.start_soon(watch)
            await send(START)
            await anyio.wait_all_tasks_blocked()
            call.disconnect()
        with pytest.raises(OSError, match="nobody waits"):
            await send({"type": "http.response.body", "body": b""})
        received.append((await receive())["type"])

    scope: Any = {"aws.context": None}
    call = ApplicationCall(app, Lifespan(app, "off", "3.0"), scope, HTTPCycle("GET", b""))
    ending = backend.kept().run(call.main, None)
    assert received == ["http.disconnect"] * 2
    assert (call.conclude(ending), call.error) == (500, None)


def test_whoever_goes_away_before_the_application_asks_is_gone_too(backend: Backend) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        call.disconnect()
        assert await receive() == {"type": "http.disconnect"}

    scope: Any = {"aws.context": None}
    call = ApplicationCall(app, Lifespan(app, "off", "3.0"), scope, HTTPCycle("GET", b""))
    backend.kept().run(call.main, None)
    assert call.error is None


@pytest.mark.parametrize("elsewhere", [True, False])
def test_background_work_holds_nothing_back_where_the_body_went_elsewhere(
    backend: Backend,
    elsewhere: bool,
    log: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(application, "_NOTICEABLE", 0.01)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await respond(send)
        await anyio.sleep(0.05)

    async def write(chunk: bytes) -> None:
        pass

    scope: Any = {"aws.context": None}
    call = ApplicationCall(app, Lifespan(app, "off", "3.0"), scope, HTTPCycle("GET", b""))
    call.write = write if elsewhere else None
    assert call.conclude(backend.kept().run(call.main, None)) is None
    assert ("held the response back" in log.text) is not elsewhere


def test_background_work_is_measured(
    adapt: Adapt, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "_NOTICEABLE", 0.01)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)
        await anyio.sleep(0.05)

    assert adapt(http_only(serve))(http_event(), Context())["body"] == "ok"
    (line,) = [record.getMessage() for record in log.records if record.levelno == logging.INFO]
    assert "s after its response, which held the response back" in line
    assert "a queue takes such work off" in line


def test_a_shared_state_is_copied_for_each_request(adapt: Adapt) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"]["shared"] = []
            await send({"type": "lifespan.startup.complete"})
            await receive()
            return
        scope["state"]["shared"].append(1)
        scope["state"]["own"] = True
        await respond(send, repr(scope["state"]).encode())

    handler = adapt(app)
    assert handler(http_event(), Context())["body"] == "{'shared': [1], 'own': True}"
    assert handler(http_event(), Context())["body"] == "{'shared': [1, 1], 'own': True}"
    assert handler.state == {"shared": [1, 1]}


class Swallower:
    """Swallows the cancellation, and answers when it is let go."""

    def __init__(self) -> None:
        self.lets_go: list[anyio.Event] = []
        self.ended: list[str] = []

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/next":
            for event in self.lets_go:
                event.set()
            await anyio.sleep(0.01)  # the others end now
            await respond(send, b"next")
            return
        if scope["path"] == "/after":
            await respond(send, b"kept")
        event = anyio.Event()
        self.lets_go.append(event)
        while not event.is_set():
            try:
                with anyio.CancelScope(shield=True):
                    await event.wait()
            except anyio.get_cancelled_exc_class():  # which no shield holds off on asyncio
                continue
        try:
            await respond(send)
        except OSError as error:
            self.ended.append(str(error))


@pytest.mark.parametrize(
    ("path", "status", "body"), [("/", 504, "Gateway Timeout"), ("/after", 200, "kept")]
)
def test_one_that_swallows_its_cancellation_is_left_behind(
    adapt: Adapt, path: str, status: int, body: str, log: pytest.LogCaptureFixture
) -> None:
    app = Swallower()
    handler = adapt(http_only(app.serve))
    result = handler(http_event(path=path), Context(milliseconds=200))
    assert (result["statusCode"], result["body"]) == (status, body)
    assert "left behind" in log.text
    # It ends during the next invocation, and must not cut that off.
    assert handler(http_event(path="/next"), Context())["body"] == "next"
    assert bool(app.ended) is (path == "/")


def test_after_three_left_behind_the_environment_is_replaced(
    adapt: Adapt,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reasons: list[str] = []
    monkeypatch.setattr(environment, "replace_environment", reasons.append)
    app = Swallower()
    handler = adapt(http_only(app.serve))
    for _ in range(3):
        assert not reasons
        handler(http_event(), Context(milliseconds=80))
    assert reasons == ["3 applications did not end"]
    assert handler(http_event(path="/next"), Context())["body"] == "next"
