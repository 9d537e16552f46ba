"""The kept loop: who may run it, who joins it, and what belongs to it."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from asgi_lambda import LoopError, adapt
from asgi_lambda.loops import asyncio as asyncio_loop
from asgi_lambda.loops.asyncio_calls import Call
from tests.applications import Context, Recorder, http_event, http_only, respond

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Receive, Scope, Send

THREADS = 32


def test_one_loop_is_kept_and_current() -> None:
    app = Recorder()
    handler = adapt(app)
    for _ in range(3):
        assert handler(http_event(), Context())["body"] == "True"
    assert len(set(app.loops)) == 1
    assert len(app.loops) == 1 + 3
    assert asyncio.get_event_loop_policy().get_event_loop() is app.loops[0]


def test_two_handlers_share_it() -> None:
    first, second = Recorder(), Recorder()
    adapt(first)(http_event(), Context())
    adapt(second)(http_event(), Context())
    assert {*first.loops} == {*second.loops}


def test_what_the_startup_made_works_in_every_request() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"].update(lock=asyncio.Lock(), queue=asyncio.Queue())
            await send({"type": "lifespan.startup.complete"})
            while True:  # a worker of the application, between its messages
                number, answer = await scope["state"]["queue"].get()
                answer.set_result(number * 2)
        future = asyncio.get_running_loop().create_future()
        async with scope["state"]["lock"]:
            await scope["state"]["queue"].put((21, future))
            await respond(send, str(await future).encode())

    handler = adapt(app)
    assert [handler(http_event(), Context())["body"] for _ in range(3)] == ["42"] * 3


def test_many_threads_call_one_handler_at_once() -> None:
    arrived = 0
    all_here: asyncio.Event | None = None

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal arrived, all_here
        all_here = all_here or asyncio.Event()
        arrived += 1
        if arrived == THREADS:
            all_here.set()
        await all_here.wait()  # nobody gets on before everybody is on the loop
        await respond(send, scope["path"].encode())

    handler = adapt(http_only(serve))
    paths = [f"/{number}" for number in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        calls = [pool.submit(handler, http_event(path=path), Context()) for path in paths]
        assert [call.result()["body"] for call in calls] == paths


def test_a_joined_call_goes_on_when_the_first_is_over() -> None:
    joined = threading.Event()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/first":
            # Ends while the other is under way, without a thread that drives it.
            await asyncio.to_thread(joined.wait)
        else:
            joined.set()
            await asyncio.sleep(0.2)
        await respond(send, scope["path"].encode())

    handler = adapt(http_only(serve))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(handler, http_event(path="/first"), Context())
        second = pool.submit(handler, http_event(path="/second"), Context())
        assert (first.result()["body"], second.result()["body"]) == ("/first", "/second")


def test_a_thread_of_the_application_may_call_the_handler() -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/outer":
            inner = await asyncio.to_thread(handler, http_event(path="/inner"), Context())
            await respond(send, f"{inner['body']} in outer".encode())
        else:
            await respond(send, b"inner")

    handler = adapt(http_only(serve))
    assert handler(http_event(path="/outer"), Context())["body"] == "inner in outer"


def test_a_call_is_submitted_where_the_loop_runs_in_another_thread() -> None:
    app = Recorder()
    handler = adapt(app)
    handler.startup()
    loop = app.loops[0]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        assert handler(http_event(), Context())["body"] == "True"
        assert thread.is_alive()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def test_a_joined_call_has_its_deadline() -> None:
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


def test_a_call_within_a_running_loop_is_refused() -> None:
    handler = adapt(Recorder())

    async def main() -> None:
        with pytest.raises(LoopError, match=r"await handler\.invoke\(event, context\)"):
            handler(http_event(), Context())
        with pytest.raises(LoopError):
            handler.startup()

    asyncio.run(main())


def test_a_context_is_seen_inside_and_not_changed() -> None:
    span: contextvars.ContextVar[str] = contextvars.ContextVar("span", default="none")

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        seen = span.get()
        span.set("inside")
        await respond(send, seen.encode())

    handler = adapt(http_only(serve))

    def traced(event: Any, context: Any) -> Any:
        token = span.set("traced")
        try:
            return handler(event, context)["body"], span.get()
        finally:
            span.reset(token)

    assert traced(http_event(), Context()) == ("traced", "traced")
    assert handler(http_event(), Context())["body"] == "none"

    async def main() -> tuple[str, str]:
        span.set("awaited")
        result = await handler.invoke(http_event(), Context())
        return result["body"], span.get()

    assert asyncio.run(main()) == ("awaited", "awaited")


def test_a_joined_call_needs_no_deadline() -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/outer":
            await asyncio.to_thread(handler, http_event(path="/inner"))
        await respond(send)

    handler = adapt(http_only(serve))
    assert handler(http_event(path="/outer"))["body"] == "ok"


class TestInvoke:
    def test_it_needs_no_deadline(self) -> None:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            await asyncio.sleep(0)
            await respond(send)

        async def main() -> Any:
            return await adapt(http_only(serve)).invoke(http_event())

        assert asyncio.run(main())["body"] == "ok"

    def test_many_run_at_once(self) -> None:
        barriers: list[asyncio.Barrier] = []

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            await barriers[0].wait()
            await respond(send, scope["path"].encode())

        async def main() -> list[str]:
            barriers.append(asyncio.Barrier(8))
            handler = adapt(http_only(serve))
            events = [http_event(path=f"/{number}") for number in range(8)]
            results = await asyncio.gather(*[handler.invoke(e, Context()) for e in events])
            return [result["body"] for result in results]

        assert asyncio.run(main()) == [f"/{number}" for number in range(8)]

    def test_it_works_on_the_kept_loop(self) -> None:
        app = Recorder()
        handler = adapt(app)
        handler.startup()
        result = app.loops[0].run_until_complete(handler.invoke(http_event(), Context()))
        assert result["body"] == "True"
        assert len({*app.loops}) == 1

    def test_another_loop_than_that_of_the_startup_is_refused(self) -> None:
        handler = adapt(Recorder())
        handler.startup()

        async def main() -> None:
            with pytest.raises(LoopError, match="on which the application was started"):
                await handler.invoke(http_event(), Context())

        asyncio.run(main())
        assert handler(http_event(), Context())["body"] == "True"

    def test_where_that_loop_is_closed_the_lifespan_starts_anew(self) -> None:
        app = Recorder()
        handler = adapt(app)

        async def main() -> Any:
            return (await handler.invoke(http_event(), Context()))["body"]

        assert asyncio.run(main()) == "True"
        assert asyncio.run(main()) == "True"
        assert app.messages.count("lifespan.startup.complete") == 2

    def test_the_lifespan_around_a_block(self) -> None:
        app = Recorder()
        handler = adapt(app)

        async def main() -> None:
            async with handler.lifespan() as same:
                assert same is handler
                assert (await handler.invoke(http_event(), Context()))["body"] == "True"

        asyncio.run(main())
        assert app.messages[-1] == "lifespan.shutdown.complete"

    def test_its_cancellation_reaches_the_application(self) -> None:
        cleaned_up: list[bool] = []
        begun: list[asyncio.Event] = []

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            begun[0].set()
            try:
                await asyncio.Event().wait()
            finally:
                cleaned_up.append(True)

        async def main() -> None:
            begun.append(asyncio.Event())
            handler = adapt(http_only(serve))
            task = asyncio.create_task(handler.invoke(http_event(), Context()))
            await begun[0].wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(main())
        assert cleaned_up == [True]

    def test_its_deadline(self) -> None:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            await asyncio.Event().wait()

        async def main() -> Any:
            handler = adapt(http_only(serve))
            return await handler.invoke(http_event(), Context(milliseconds=80))

        assert asyncio.run(main())["statusCode"] == 504


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
