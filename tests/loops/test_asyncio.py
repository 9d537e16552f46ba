"""What asyncio alone has: a loop that others may run and stop, and a thread's current loop."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from asgi_lambda import adapt
from asgi_lambda.loops import asyncio as asyncio_loop
from asgi_lambda.loops.asyncio_calls import Call
from tests.applications import Context, Recorder, http_event, http_only, respond

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Receive, Scope, Send


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


def test_a_deadline_after_the_loop_was_closed_is_nobodys() -> None:
    loop = asyncio.new_event_loop()

    async def nothing() -> None: ...

    task = loop.create_task(nothing())
    call = Call(loop, task, lambda: None)
    loop.run_until_complete(task)
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
