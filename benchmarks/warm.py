"""Calls of handlers that are warm: the invocations after a cold start."""

from __future__ import annotations

import asyncio
import json
import threading
from base64 import b64decode
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from asgi_lambda import adapt, sources
from benchmarks.applications import fastapi_application
from benchmarks.context import Context
from benchmarks.events import UNIQUE, Event, client_request, http_api
from benchmarks.measure import ASGI_LAMBDA, FLOOR, MANGUM, Block

if TYPE_CHECKING:
    from benchmarks.applications import Application

    Lifespan = Literal["auto", "off"]
    # Each adapter has a type of its own for the context.
    Handle = Callable[[Event, Any], Any]

_THREAD_CALLS: Final = 50

_numbers = count()


class Setup(NamedTuple):
    """One case: the application, the event it gets, and how it is adapted.

    expected: the body of the answer, against which each contender is checked before the clock runs.
    mangum_lifespan, lifespan: the argument of that name; "auto" is the default of both.
    """

    application: Application
    event: Event
    expected: bytes
    mangum_lifespan: Lifespan = "off"
    lifespan: Lifespan = "off"


@contextmanager
def handlers(setup: Setup) -> Iterator[Mapping[str, Handle]]:
    """The contenders, each warm, checked, and on a loop of its own."""
    from mangum import Mangum

    ours = adapt(setup.application, lifespan=setup.lifespan)
    # From here on the loop of this package exists, and Mangum takes the thread's current one.
    ours.startup()
    loop, bare_loop = asyncio.new_event_loop(), asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        # Its type wants the application's arguments by name, which no type of a callable has.
        theirs = Mangum(setup.application, lifespan=setup.mangum_lifespan)  # type: ignore[arg-type]
        contenders: dict[str, Handle] = {
            FLOOR: bare(setup, bare_loop.run_until_complete),
            MANGUM: theirs,
            ASGI_LAMBDA: ours,
        }
        for handle in contenders.values():
            check(handle(*invocation(json.dumps(setup.event))), setup.expected)
        yield contenders
        ours.shutdown()
    finally:
        asyncio.set_event_loop(None)
        for each in (loop, bare_loop):
            each.run_until_complete(each.shutdown_default_executor())
            each.close()


@contextmanager
def warm_blocks(
    setup: Setup,
    calls: int,
    contenders_of: Callable[[Setup], AbstractContextManager[Mapping[str, Handle]]] = handlers,
) -> Iterator[Mapping[str, Block]]:
    """A block of calls for each contender.

    As in production each call gets an event and a context that no other call has seen. They are
    made before the clock runs: that is the work of Lambda's runtime client.
    """
    text = json.dumps(setup.event)

    def block(handle: Handle) -> Block:
        def run() -> float:
            invocations = [invocation(text) for _ in range(calls)]
            began = perf_counter()
            for event, context in invocations:
                handle(event, context)
            return (perf_counter() - began) / calls

        return run

    with contenders_of(setup) as contenders:
        yield {name: block(handle) for name, handle in contenders.items()}


def worker_threads(lifespan: Lifespan) -> dict[str, int]:
    """How many worker threads the calls of a FastAPI `def` endpoint ran on, by contender.

    The threads are kept in a list, so that none can pass for another by taking over its identifier.
    """
    threads: list[threading.Thread] = []
    application = fastapi_application(threads)
    setup = fastapi_setup("def", application, lifespan)
    used = {}
    with handlers(setup) as contenders:
        for name, handle in contenders.items():
            threads.clear()
            for _ in range(_THREAD_CALLS):
                handle(*invocation(json.dumps(setup.event)))
            used[name] = len(set(threads))
    return used


def fastapi_setup(
    endpoint: str, application: Application | None = None, lifespan: Lifespan = "off"
) -> Setup:
    """FastAPI's `async` or `def` endpoint, both adapters with this `lifespan`."""
    return Setup(
        application or fastapi_application([]),
        http_api(client_request(path=f"/{endpoint}/42")),
        b'{"order":42,"page":2}',
        lifespan,
        lifespan,
    )


def invocation(text: str) -> tuple[Event, Context]:
    """An event and a context that no other call has seen; text: the event as JSON."""
    number = f"{next(_numbers):0{len(UNIQUE)}x}"
    return json.loads(text.replace(UNIQUE, number)), Context(request_id=number)


def check(response: Any, expected: bytes) -> None:
    """Raise RuntimeError where this is not the answer of the application."""
    body = response["body"]
    content = b64decode(body) if response["isBase64Encoded"] else body.encode()
    if response["statusCode"] != 200 or content != expected:
        raise RuntimeError(f"expected the application's answer, got {str(response)[:500]}")


def bare(setup: Setup, run: Callable[[Coroutine[Any, Any, None]], object]) -> Handle:
    """The application called on a loop that is kept, by what does nothing but that.

    The scope is a copy of a finished one. Only the base64 that no adapter can avoid is done too.
    """
    source = sources.detect(setup.event)
    if source is None:
        raise RuntimeError(f"expected an HTTP event, got one with the keys {list(setup.event)}")
    parsed, text, is_base64 = source.parse(setup.event)
    plain = b"" if is_base64 else (text or "").encode()
    versions = {"version": "3.0", "spec_version": "2.5"}
    scope: dict[str, Any] = {**parsed, "asgi": versions, "extensions": {}, "state": {}}
    answers_text = setup.expected.isascii()
    answer = b""

    async def send(message: Any) -> None:
        nonlocal answer
        answer = message.get("body", b"")

    def handle(event: Event, context: Context) -> dict[str, Any]:
        content = a2b_base64(event["body"]) if is_base64 else plain

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def call() -> None:
            await setup.application(scope.copy(), receive, send)

        run(call())
        body = answer if answers_text else b2a_base64(answer, newline=False)
        return {
            "statusCode": 200,
            "body": body.decode("ascii"),
            "isBase64Encoded": not answers_text,
        }

    return handle
