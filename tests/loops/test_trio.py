"""What trio alone has: a loop in a thread of its own, and an end after which nothing runs on it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
import trio
import trio.testing

from asgi_lambda import ConfigurationError, LoopError, adapt
from asgi_lambda.loops import trio as trio_loop
from asgi_lambda.loops.trio_calls import Call, TrioLoop
from tests.applications import Context, Recorder, http_event, http_only, respond

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Receive, Scope, Send
    from asgi_lambda.loop_types import Loop


def test_the_loop_has_a_thread_of_its_own() -> None:
    threads: list[threading.Thread] = []

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        threads.append(threading.current_thread())
        await respond(send)

    handler = adapt(http_only(serve), backend="trio")
    for _ in range(2):
        handler(http_event(), Context())
    assert threads == [trio_loop.kept().thread] * 2
    assert threads[0].daemon


def test_the_loop_runs_between_invocations_too() -> None:
    went_on = threading.Event()

    async def work(go_on: trio.Event) -> None:
        await go_on.wait()
        went_on.set()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["nursery"].start_soon(work, scope["state"]["go_on"])
        await respond(send)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            return await serve(scope, receive, send)
        async with trio.open_nursery() as nursery:
            scope["state"] |= {"nursery": nursery, "go_on": trio.Event()}
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})

    handler = adapt(app, backend="trio")
    handler(http_event(), Context())

    assert not went_on.is_set()
    trio_loop.kept().token.run_sync_soon(handler.state["go_on"].set)
    assert went_on.wait(timeout=10)
    handler.shutdown()


def test_a_shielded_scope_is_left_behind() -> None:
    lets_go = trio.Event()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/next":
            lets_go.set()
        else:
            with trio.CancelScope(shield=True):
                await lets_go.wait()
        await respond(send, scope["path"].encode())

    handler = adapt(http_only(serve), backend="trio")
    assert handler(http_event(), Context(milliseconds=80))["statusCode"] == 504
    assert handler(http_event(path="/next"), Context())["body"] == "/next"


def test_where_its_nurseries_hang_is_logged(log: pytest.LogCaptureFixture) -> None:
    async def hangs_in_a_nursery() -> None:
        await trio.sleep_forever()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hangs_in_a_nursery)

    handler = adapt(http_only(serve), backend="trio")
    assert handler(http_event(), Context(milliseconds=80))["statusCode"] == 504
    assert "in hangs_in_a_nursery" in log.text
    assert "_wait" not in log.text, "the stacks are those of the request alone"


@pytest.mark.parametrize(
    ("backend", "other", "call"),
    [("asyncio", "trio", trio.open_nursery), ("trio", "asyncio", None)],
    ids=["trio-under-asyncio", "asyncio-under-trio"],
)
def test_the_other_library_is_named(
    backend: str, other: str, call: Any, log: pytest.LogCaptureFixture
) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if call is None:
            await asyncio.sleep(1)
        else:
            async with call():
                pass

    handler = adapt(http_only(serve), backend=backend)
    assert handler(http_event(), Context())["statusCode"] == 500
    assert f"The application seems to need {other}: adapt(app, backend='{other}')" in log.text


def test_the_other_library_is_named_when_the_startup_fails() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await trio.sleep(1)

    with pytest.raises(Exception, match="must be called from async context") as raised:
        adapt(app, startup="import")
    notes = getattr(raised.value.__cause__, "__notes__", [])
    assert notes == ["The application seems to need trio: adapt(app, backend='trio')"]


def test_without_trio_the_argument_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "asgi_lambda.loops.trio")
    monkeypatch.delattr("asgi_lambda.loops.trio")
    monkeypatch.setitem(sys.modules, "trio", None)
    with pytest.raises(ConfigurationError, match="expected an environment with trio"):
        adapt(Recorder(), backend="trio")


def test_an_application_for_asyncio_loads_no_trio() -> None:
    program = (
        "import sys\n"
        "from asgi_lambda import adapt\n"
        "from tests.applications import Context\n"
        "sys.modules.pop('trio')\n"
        "adapt(lambda scope, receive, send: None, startup='invoke')\n"
        "assert 'trio' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_process_ends_in_silence() -> None:
    program = (
        "from asgi_lambda import adapt\n"
        "from tests.applications import Recorder, http_event\n"
        "handler = adapt(Recorder(), backend='trio')\n"
        "print(handler(http_event())['body'])\n"
    )
    command = [sys.executable, "-X", "dev", "-W", "error", "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (result.stdout, result.stderr) == ("True\n", "")


def test_a_call_within_an_asyncio_loop_is_refused_too() -> None:
    handler = adapt(Recorder(), backend="trio")

    async def main() -> None:
        with pytest.raises(LoopError, match="expected a thread without a running event loop"):
            handler(http_event(), Context())

    asyncio.run(main())


def test_a_program_may_run_trio_beside_the_kept_loop() -> None:
    app = Recorder()
    handler = adapt(app, backend="trio")
    handler.startup()

    async def main() -> int:
        await trio.lowlevel.checkpoint()
        return 42

    assert trio.run(main) == 42
    assert handler(http_event(), Context())["body"] == "True"


def test_a_deadline_after_the_loop_ended_is_nobodys() -> None:
    async def nothing(loop: Loop) -> None: ...

    async def main() -> Call:
        loop = TrioLoop(trio.lowlevel.current_trio_token())
        call = Call(loop, nothing, lambda: None)
        await call.run()
        call.expire()
        call.abandon()
        await trio.testing.wait_all_tasks_blocked()
        return call

    call = trio.run(main)
    call.expire()
    assert call.ending().expired is False


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_on_a_loop_of_ones_own_the_end_of_the_process_ends_that_loop() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise SystemExit(3)

    handler = adapt(app, backend="trio")

    async def main() -> None:
        await handler.invoke(http_event(), Context())

    with pytest.raises(trio.TrioInternalError) as raised:
        trio.run(main)
    cause: Any = raised.value.__cause__
    assert isinstance(cause, BaseExceptionGroup)
    assert cause.split(SystemExit)[0] is not None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_after_the_end_in_an_idle_loop_the_next_call_ends_too() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await trio.sleep(0.05)
            raise SystemExit(3)
        await respond(send)

    handler = adapt(app, backend="trio")

    def call_again_and_again() -> None:
        while True:
            handler(http_event(), Context())

    with pytest.raises(SystemExit):
        call_again_and_again()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_end_of_the_process_cancels_the_request_that_waits() -> None:
    begun, ended = trio.Event(), threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await begun.wait()
            raise SystemExit(3)
        begun.set()
        try:
            await trio.sleep_forever()
        finally:
            ended.set()

    handler = adapt(app, backend="trio")
    with pytest.raises(SystemExit):
        handler(http_event(), Context())
    assert ended.wait(10)
