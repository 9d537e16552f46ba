"""The two backends: the same warm call on asyncio and on trio."""

from __future__ import annotations

import json
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import trio

from asgi_lambda import adapt
from benchmarks.measure import ASGI_LAMBDA, FLOOR
from benchmarks.warm import bare, check, invocation

if TYPE_CHECKING:
    from benchmarks.warm import Handle, Setup

ASYNCIO: Final = "asgi_lambda on asyncio"


@contextmanager
def backends(setup: Setup) -> Iterator[Mapping[str, Handle]]:
    """This package on either backend, and what a trio loop takes that any thread may call."""
    with _trio_in_a_thread() as token:

        def hand_over(coroutine: Coroutine[Any, Any, None]) -> None:
            ended = threading.Event()

            async def to_the_end() -> None:
                await coroutine
                ended.set()

            token.run_sync_soon(trio.lowlevel.spawn_system_task, to_the_end)
            ended.wait()

        contenders: dict[str, Handle] = {
            FLOOR: bare(setup, hand_over),
            ASYNCIO: adapt(setup.application, lifespan=setup.lifespan, backend="asyncio"),
            ASGI_LAMBDA: adapt(setup.application, lifespan=setup.lifespan, backend="trio"),
        }
        for handle in contenders.values():
            check(handle(*invocation(json.dumps(setup.event))), setup.expected)
        yield contenders


@contextmanager
def _trio_in_a_thread() -> Iterator[trio.lowlevel.TrioToken]:
    tokens: list[trio.lowlevel.TrioToken] = []
    scope, started = trio.CancelScope(), threading.Event()

    async def wait() -> None:
        tokens.append(trio.lowlevel.current_trio_token())
        started.set()
        with scope:
            await trio.sleep_forever()

    thread = threading.Thread(target=trio.run, args=(wait,))
    thread.start()
    started.wait()
    try:
        yield tokens[0]
    finally:
        tokens[0].run_sync_soon(scope.cancel)
        thread.join()
