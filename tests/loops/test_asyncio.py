"""What asyncio alone has: a loop that others may run and stop, and a thread's current loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from asgi_lambda import adapt
from asgi_lambda.loops import RETURNED
from asgi_lambda.loops import asyncio as asyncio_loop
from asgi_lambda.loops.asyncio_calls import AsyncioLoop, Call
from tests.applications import Context, Recorder, http_event, http_only, respond

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from asgi_lambda.asgi_types import Receive, Scope, Send
    from asgi_lambda.loop_types import Loop
    from asgi_lambda.loops import Ending


def test_the_kept_loop_is_current() -> None:
    app = Recorder()
    adapt(app)(http_event(), Context())
    assert asyncio.get_event_loop_policy().get_event_loop() is app.loops[0]


def test_a_call_is_submitted_where_the_loop_runs_in_another_thread() -> None:
    handler = adapt(Recorder())
    loop = asyncio_loop.kept().raw
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        assert handler(http_event(), Context())["body"] == "True"
        assert thread.is_alive()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def test_a_call_submitted_there_has_its_deadline() -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    handler = adapt(http_only(serve), lifespan="off")
    loop = asyncio_loop.kept().raw
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        assert handler(http_event(), Context(milliseconds=80))["statusCode"] == 504
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def test_a_stopped_loop_cuts_nothing_off() -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        asyncio.get_running_loop().stop()
        await asyncio.sleep(0.01)
        await respond(send, b"whole")

    assert adapt(http_only(serve))(http_event(), Context())["body"] == "whole"


def test_callbacks_that_are_ready_get_their_turn() -> None:
    turns: list[str] = []

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)
        asyncio.get_running_loop().call_soon(turns.append, "ran")

    adapt(http_only(serve))(http_event(), Context())
    assert turns == ["ran"]


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send)


def test_each_invocation_gives_a_turn_to_a_task_that_goes_on() -> None:
    turns: list[int] = []

    async def count() -> None:
        while True:
            turns.append(len(turns))
            await asyncio.sleep(0)

    handler = adapt(http_only(_answer), lifespan="off")
    task = asyncio_loop.kept().raw.create_task(count())
    for _ in range(3):
        before = len(turns)
        handler(http_event(), Context())
        assert len(turns) > before
    task.cancel()


def test_a_timer_that_is_due_gets_its_turn() -> None:
    due = threading.Event()
    handler = adapt(http_only(_answer), lifespan="off")
    asyncio_loop.kept().raw.call_later(0, due.set)
    handler(http_event(), Context())
    assert due.is_set()


def test_a_connection_gets_its_turn() -> None:
    received: list[bytes] = []
    loop = asyncio_loop.kept().raw
    ours, theirs = socket.socketpair()
    with ours, theirs:
        loop.add_reader(ours, lambda: received.append(ours.recv(1)))
        theirs.send(b"x")
        handler = adapt(http_only(_answer), lifespan="off")
        handler(http_event(), Context())
        loop.remove_reader(ours)
    assert received == [b"x"]


class DoneAtOnce:
    """An eager task that never waits, for a Python without eager tasks."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], **_: object) -> None:
        with contextlib.suppress(StopIteration):
            coroutine.send(None)

    def done(self) -> bool:
        return True

    def result(self) -> None: ...


def _let_it_begin_at_once(kept: asyncio_loop.KeptLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_run_forever_setup", "_run_forever_cleanup"):
        monkeypatch.setattr(kept.raw, name, lambda: None, raising=False)
    monkeypatch.setattr(kept, "_sockets", {0: "the loop's own"})


@pytest.mark.parametrize("at_once", [True, False])
def test_a_call_needs_a_turn_of_the_loop_where_it_cannot_begin_at_once(
    monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    turns: list[object] = []
    kept = asyncio_loop.kept()
    handler = adapt(http_only(_answer), lifespan="off")
    handler(http_event(), Context())
    if not at_once:
        monkeypatch.setattr(kept, "_sockets", None)
    elif sys.version_info < (3, 13):
        _let_it_begin_at_once(kept, monkeypatch)
        monkeypatch.setattr(asyncio, "Task", DoneAtOnce)
    run_forever = kept.raw.run_forever

    def turn() -> None:
        turns.append(None)
        run_forever()

    monkeypatch.setattr(kept.raw, "run_forever", turn)
    assert handler(http_event(), Context())["body"] == "ok"
    assert len(turns) == (0 if at_once else 1)
    assert not asyncio_loop.runs_here()


def test_a_call_that_ends_at_once_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(loop: Loop) -> None: ...

    async def main() -> Ending:
        with monkeypatch.context() as patch:
            if sys.version_info < (3, 12):
                patch.setattr(asyncio, "Task", DoneAtOnce)
            return await AsyncioLoop(asyncio.get_running_loop()).call(nothing, None)

    assert asyncio.run(main()) is RETURNED


def test_a_call_that_begins_at_once_and_waits_gets_its_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0)
        await respond(send)

    kept = asyncio_loop.kept()
    handler = adapt(http_only(serve), lifespan="off")
    handler(http_event(), Context())
    if sys.version_info < (3, 13):
        _let_it_begin_at_once(kept, monkeypatch)
    assert handler(http_event(), Context())["body"] == "ok"


def test_the_first_step_runs_on_the_loop_as_a_task_of_it() -> None:
    seen: list[object] = []

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            seen.append("closed")

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(asyncio.get_running_loop())
        seen.append(asyncio.current_task() in asyncio.all_tasks())
        # The loop closes a generator that is left behind.
        async for _ in numbers():
            break
        await respond(send)
        for _ in range(3):
            await asyncio.sleep(0)

    adapt(http_only(serve), lifespan="off")(http_event(), Context())
    assert seen == [asyncio_loop.kept().raw, True, "closed"]
    assert not asyncio_loop.runs_here()


def test_a_deadline_after_the_loop_was_closed_is_nobodys() -> None:
    loop = asyncio.new_event_loop()

    async def nothing() -> None: ...

    call = Call(loop, lambda: None)
    call.expire()  # the application ended the process before there was a task
    call.abandon()
    loop.run_until_complete(asyncio.sleep(0))
    call.task = loop.create_task(nothing())
    loop.run_until_complete(call.task)
    call.expire()
    call.abandon()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    call.expire()
    assert not call.abandoned
    assert not call.expired


def test_the_worker_threads_of_anyio_end_with_the_process() -> None:
    kept = asyncio_loop.kept()
    roots = asyncio.all_tasks(kept.raw)
    (root,) = roots
    kept._end(root)
    assert root.cancelled()
    kept.raw.close()
    kept._end(root)  # and again does no harm


def test_a_cancelled_invoke_waits_for_the_application_to_clean_up() -> None:
    steps: list[str] = []
    begun = asyncio.Event()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            steps.append("cleaned up")

    async def main() -> None:
        handler = adapt(http_only(serve))
        task = asyncio.create_task(handler.invoke(http_event(), Context()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        steps.append("cancelled")

    asyncio.run(main())
    assert steps == ["cleaned up", "cancelled"]
