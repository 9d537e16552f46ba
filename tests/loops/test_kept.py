"""The kept loop of either backend: who may run it, who joins it, and what belongs to it."""

from __future__ import annotations

import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from asgi_lambda import LoopError
from tests.applications import Context, Recorder, http_event, http_only, respond
from tests.backends import BACKENDS, current_loop, gather

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Receive, Scope, Send
    from asgi_lambda.loop_types import Loop
    from tests.backends import Adapt, Backend

THREADS = 32


def test_one_loop_is_kept(adapt: Adapt) -> None:
    app = Recorder()
    handler = adapt(app)
    for _ in range(3):
        assert handler(http_event(), Context())["body"] == "True"
    assert len(set(app.loops)) == 1
    assert len(app.loops) == 1 + 3


def test_two_handlers_share_it(adapt: Adapt) -> None:
    first, second = Recorder(), Recorder()
    adapt(first)(http_event(), Context())
    adapt(second)(http_event(), Context())
    assert {*first.loops} == {*second.loops}


def test_what_the_startup_made_works_in_every_request(adapt: Adapt) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            ask, asked = anyio.create_memory_object_stream[tuple[int, Any]]()
            scope["state"].update(lock=anyio.Lock(), ask=ask)
            await send({"type": "lifespan.startup.complete"})
            async with ask, asked:
                async for number, answer in asked:  # a worker, between the messages
                    await answer.send(number * 2)
        answer, answered = anyio.create_memory_object_stream[int]()
        async with scope["state"]["lock"], answer, answered:
            await scope["state"]["ask"].send((21, answer))
            await respond(send, str(await answered.receive()).encode())

    handler = adapt(app)
    assert [handler(http_event(), Context())["body"] for _ in range(3)] == ["42"] * 3


def test_another_thread_has_something_called_on_it(backend: Backend) -> None:
    seen: list[object] = []

    async def main(loop: Loop) -> None:
        event = loop.event()

        def call() -> None:
            seen.append(current_loop())
            event.set()

        thread = threading.Thread(target=loop.soon, args=[call])
        thread.start()
        await event.wait()
        seen.append(current_loop())
        thread.join()

    backend.kept().run(main, None)
    assert len(seen) == 2
    assert seen[0] is seen[1]


def test_many_threads_call_one_handler_at_once(adapt: Adapt) -> None:
    arrived = 0
    all_here = anyio.Event()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal arrived
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


def test_a_joined_call_goes_on_when_the_first_is_over(adapt: Adapt) -> None:
    joined, first_over = threading.Event(), threading.Event()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/first":
            # Ends while the other is under way, without a thread that drives it.
            await anyio.to_thread.run_sync(joined.wait)
        else:
            joined.set()
            await anyio.to_thread.run_sync(first_over.wait)
        await respond(send, scope["path"].encode())

    handler = adapt(http_only(serve))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(handler, http_event(path="/first"), Context())
        second = pool.submit(handler, http_event(path="/second"), Context())
        assert first.result()["body"] == "/first"
        first_over.set()
        assert second.result()["body"] == "/second"


def test_a_thread_of_the_application_may_call_the_handler(adapt: Adapt) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/outer":
            event = http_event(path="/inner")
            inner = await anyio.to_thread.run_sync(handler, event, Context())
            await respond(send, f"{inner['body']} in outer".encode())
        else:
            await respond(send, b"inner")

    handler = adapt(http_only(serve))
    assert handler(http_event(path="/outer"), Context())["body"] == "inner in outer"


def test_a_joined_call_needs_no_deadline(adapt: Adapt) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/outer":
            await anyio.to_thread.run_sync(handler, http_event(path="/inner"))
        await respond(send)

    handler = adapt(http_only(serve))
    assert handler(http_event(path="/outer"))["body"] == "ok"


def test_a_joined_call_has_its_deadline(adapt: Adapt) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/outer":
            event = http_event(path="/inner")
            inner = await anyio.to_thread.run_sync(handler, event, Context(milliseconds=80))
            await respond(send, str(inner["statusCode"]).encode())
        else:
            await anyio.sleep_forever()

    handler = adapt(http_only(serve))
    assert handler(http_event(path="/outer"), Context())["body"] == "504"


def test_a_call_within_a_running_loop_is_refused(adapt: Adapt, backend: Backend) -> None:
    handler = adapt(Recorder())

    async def main() -> None:
        with pytest.raises(LoopError, match=r"await handler\.invoke\(event, context\)"):
            handler(http_event(), Context())
        with pytest.raises(LoopError):
            handler.startup()

    backend.run(main)


@pytest.mark.parametrize("running", BACKENDS.values(), ids=list(BACKENDS))
def test_invoke_needs_a_loop_of_its_backend(
    adapt: Adapt, backend: Backend, running: Backend
) -> None:
    handler = adapt(Recorder())

    async def main() -> Any:
        return (await handler.invoke(http_event(), Context()))["body"]

    if running is backend:
        assert running.run(main) == "True"
    else:
        with pytest.raises(LoopError, match=f"since the backend is {backend.name}, got none"):
            running.run(main)


def test_a_context_is_seen_inside_and_not_changed(adapt: Adapt, backend: Backend) -> None:
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

    assert backend.run(main) == ("awaited", "awaited")


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_end_of_the_process_comes_out_of_a_lifespan(
    adapt: Adapt, error: type[BaseException]
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    handler = adapt(app)
    with pytest.raises(error):
        handler(http_event(), Context())


class TestInvoke:
    def test_it_needs_no_deadline(self, adapt: Adapt, backend: Backend) -> None:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            await anyio.lowlevel.checkpoint()
            await respond(send)

        async def main() -> Any:
            return await adapt(http_only(serve)).invoke(http_event())

        assert backend.run(main)["body"] == "ok"

    def test_many_run_at_once(self, adapt: Adapt, backend: Backend) -> None:
        arrived = 0
        all_here = anyio.Event()

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal arrived
            arrived += 1
            if arrived == 8:
                all_here.set()
            await all_here.wait()
            await respond(send, scope["path"].encode())

        async def main() -> list[str]:
            handler = adapt(http_only(serve))
            events = [http_event(path=f"/{number}") for number in range(8)]
            calls = [partial(handler.invoke, event, Context()) for event in events]
            return [result["body"] for result in await gather(*calls)]

        assert backend.run(main) == [f"/{number}" for number in range(8)]

    def test_it_works_on_the_kept_loop(self, adapt: Adapt, backend: Backend) -> None:
        app = Recorder()
        handler = adapt(app)
        handler.startup()

        async def main() -> Any:
            assert current_loop() is app.loops[0]
            return await handler.invoke(http_event(), Context())

        assert backend.run_on_kept(main)["body"] == "True"
        assert len({*app.loops}) == 1

    def test_another_loop_than_that_of_the_startup_is_refused(
        self, adapt: Adapt, backend: Backend
    ) -> None:
        handler = adapt(Recorder())
        handler.startup()

        async def main() -> None:
            with pytest.raises(LoopError, match="on which the application was started"):
                await handler.invoke(http_event(), Context())

        backend.run(main)
        assert handler(http_event(), Context())["body"] == "True"

    def test_where_that_loop_is_closed_the_lifespan_starts_anew(
        self, adapt: Adapt, backend: Backend
    ) -> None:
        app = Recorder()
        handler = adapt(app)

        async def main() -> Any:
            return (await handler.invoke(http_event(), Context()))["body"]

        assert backend.run(main) == "True"
        assert backend.run(main) == "True"
        assert app.messages.count("lifespan.startup.complete") == 2

    def test_the_lifespan_around_a_block(self, adapt: Adapt, backend: Backend) -> None:
        app = Recorder()
        handler = adapt(app)

        async def main() -> None:
            async with handler.lifespan() as same:
                assert same is handler
                assert (await handler.invoke(http_event(), Context()))["body"] == "True"

        backend.run(main)
        assert app.messages[-1] == "lifespan.shutdown.complete"

    def test_its_cancellation_reaches_the_application(self, adapt: Adapt, backend: Backend) -> None:
        cleaned_up: list[bool] = []
        begun = anyio.Event()

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            begun.set()
            try:
                await anyio.sleep_forever()
            finally:
                cleaned_up.append(True)

        async def main() -> None:
            handler = adapt(http_only(serve))
            async with anyio.create_task_group() as group:
                group.start_soon(handler.invoke, http_event(), Context())
                await begun.wait()
                group.cancel_scope.cancel()

        backend.run(main)
        assert cleaned_up == [True]

    def test_its_deadline(self, adapt: Adapt, backend: Backend) -> None:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            await anyio.sleep_forever()

        async def main() -> Any:
            handler = adapt(http_only(serve))
            return await handler.invoke(http_event(), Context(milliseconds=80))

        assert backend.run(main)["statusCode"] == 504


def test_what_is_to_happen_later(backend: Backend) -> None:
    told: list[str] = []

    async def main(loop: Loop) -> None:
        over = loop.event()
        call_off = loop.later(0, lambda: told.append("called off"))
        call_off()
        loop.later(0.001, lambda: told.append("a"))
        loop.later(0.002, over.set)
        await over.wait()

    backend.kept().run(main, None)
    assert told == ["a"]
