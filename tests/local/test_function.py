"""How a function is invoked: on the server's loop, or in a thread, and never for too long."""

from __future__ import annotations

import asyncio
import functools
import sys
import threading
from typing import Any

import anyio
import pytest
import trio

from asgi_lambda import adapt
from asgi_lambda.local.function import Function, FunctionExited, FunctionTimedOut

EVENT: dict[str, Any] = {
    "version": "2.0",
    "rawPath": "/",
    "rawQueryString": "",
    "headers": {},
    "requestContext": {"http": {"method": "GET", "path": "/"}},
}
steps: list[Any] = []


@pytest.fixture(autouse=True)
def _no_steps() -> None:
    steps.clear()


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Notes its lifespan and its requests, each with the thread."""
    if scope["type"] == "lifespan":
        for _ in range(2):
            step = (await receive())["type"]
            steps.append((step, threading.current_thread().name))
            await send({"type": f"{step}.complete"})
        return
    steps.append(("request", threading.current_thread().name))
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def lives(function: Function) -> Any:
    """The status of an invocation between startup and shutdown."""

    async def main() -> Any:
        await function.startup()
        try:
            return (await function.invoke(EVENT, "id"))["statusCode"]
        finally:
            await function.shutdown()

    return anyio.run(main)


def test_handler_lives_on_the_loop_that_calls_it() -> None:
    assert lives(Function(adapt(app), 30)) == 204
    assert [step for step, _ in steps] == ["lifespan.startup", "request", "lifespan.shutdown"]
    assert {thread for _, thread in steps} == {"MainThread"}


def test_decorated_handler_lives_in_a_thread() -> None:
    handler = adapt(app)

    @functools.wraps(handler)
    def decorated(event: Any, context: Any) -> Any:
        steps.append(("decorated", threading.current_thread().name))
        return handler(event, context)

    assert lives(Function(decorated, 30)) == 204
    assert [step for step, _ in steps] == [
        "lifespan.startup",
        "decorated",
        "request",
        "lifespan.shutdown",
    ]
    assert {thread for _, thread in steps} == {"asgi-lambda-function"}


def test_handler_whose_application_runs_on_trio() -> None:
    async def on_trio(scope: Any, receive: Any, send: Any) -> None:
        await trio.lowlevel.checkpoint()
        await app(scope, receive, send)

    assert lives(Function(adapt(on_trio, backend="trio"), 30)) == 204
    assert [step for step, _ in steps] == ["lifespan.startup", "request", "lifespan.shutdown"]


def test_handler_for_trio_without_a_startup_before() -> None:
    function = Function(adapt(app, backend="trio", lifespan="off"), 30)

    async def main() -> list[int]:
        return [(await function.invoke(EVENT, "id"))["statusCode"] for _ in range(2)]

    assert anyio.run(main) == [204, 204]


def test_handler_that_was_started_on_the_kept_loop() -> None:
    handler = adapt(app, startup="import")
    assert lives(Function(handler, 30)) == 204
    assert [step for step, _ in steps] == ["lifespan.startup", "request", "lifespan.shutdown"]


def test_function_has_no_lifespan() -> None:
    assert lives(Function(lambda event, context: {"statusCode": 200}, 30)) == 200


def test_function_has_one_thread_and_one_call_at_a_time() -> None:
    inside = threading.Semaphore(1)
    threads = set()

    def handler(event: Any, context: Any) -> Any:
        assert inside.acquire(blocking=False)
        threads.add(threading.current_thread())
        inside.release()
        return context.aws_request_id

    function = Function(handler, 30)

    async def main() -> list[Any]:
        calls = [function.invoke(EVENT, str(n)) for n in range(5)]
        return list(await asyncio.gather(*calls))

    assert anyio.run(main) == ["0", "1", "2", "3", "4"]
    assert len(threads) == 1


def test_function_sees_the_context_of_its_caller() -> None:
    from asgi_lambda.local.exchange import Exchange, current
    from asgi_lambda.local.request import Request

    exchange = Exchange("alb", Request("GET", "/"))

    async def main() -> Any:
        current.set(exchange)
        return await Function(lambda event, context: current.get(), 30).invoke(EVENT, "id")

    assert anyio.run(main) is exchange


def test_what_a_function_raises() -> None:
    def handler(event: Any, context: Any) -> Any:
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        anyio.run(Function(handler, 30).invoke, EVENT, "id")


def test_function_that_exits_and_the_next_one() -> None:
    threads = []

    def handler(event: Any, context: Any) -> Any:
        threads.append(threading.current_thread())
        if len(threads) == 1:
            sys.exit(7)
        return "again"

    function = Function(handler, 30)

    async def main() -> Any:
        with pytest.raises(FunctionExited, match="Runtime exited, status 7"):
            await function.invoke(EVENT, "id")
        return await function.invoke(EVENT, "id")

    assert anyio.run(main) == "again"
    assert threads[0] is not threads[1]


def test_function_that_takes_too_long_and_the_next_one() -> None:
    go_on, calls = threading.Event(), []

    def handler(event: Any, context: Any) -> Any:
        calls.append(threading.current_thread())
        if len(calls) == 1:
            go_on.wait()
        return "done"

    function = Function(handler, 0.05)

    async def main() -> Any:
        with pytest.raises(FunctionTimedOut, match=r"Task timed out after 0\.05 seconds"):
            await function.invoke(EVENT, "id")
        return await function.invoke(EVENT, "id")

    try:
        assert anyio.run(main) == "done"
        assert calls[0] is not calls[1]
    finally:
        go_on.set()
    calls[0].join()  # it ends with the call that nobody waits for


def test_handler_that_would_take_too_long() -> None:
    cancelled = anyio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            cancelled.set()

    handler = adapt(slow, lifespan="off", deadline_margin=None)

    async def main() -> None:
        with pytest.raises(FunctionTimedOut):
            await Function(handler, 0.05).invoke(EVENT, "id")
        with anyio.fail_after(10):
            await cancelled.wait()

    anyio.run(main)


def test_call_that_was_given_up_before_it_began() -> None:
    from asgi_lambda.local.function import Worker

    worker, go_on = Worker(), threading.Event()
    worker.submit(go_on.wait)
    second = worker.submit(steps.append, "second")
    assert second.cancel()
    go_on.set()
    worker.submit(steps.append, "third").result(10)
    worker.retire()
    assert steps == ["third"]
