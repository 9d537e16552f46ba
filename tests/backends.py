"""The two backends, as tests of whole invocations need them; anyio does the rest on either."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import anyio
import anyio.lowlevel
import trio

from asgi_lambda import Handler
from asgi_lambda.loop_types import KeptLoop
from asgi_lambda.loops import asyncio as asyncio_loop
from asgi_lambda.loops import trio as trio_loop

# `adapt` with its backend chosen.
Adapt = Callable[..., Handler]


class Backend(Protocol):
    """What differs between them outside of a loop."""

    name: str

    def kept(self) -> KeptLoop:
        """The kept loop."""

    def run(self, main: Callable[[], Awaitable[Any]]) -> Any:
        """The result of `main`, on a loop of its own."""

    def run_on_kept(self, main: Callable[[], Awaitable[Any]]) -> Any:
        """The result of `main`, on the kept loop."""

    def end(self) -> None:
        """End the kept loop, if there is one, and let the next one be new."""


class Asyncio:
    name = "asyncio"

    def kept(self) -> KeptLoop:
        return asyncio_loop.kept()

    def run(self, main: Callable[[], Awaitable[Any]]) -> Any:
        return anyio.run(main, backend=self.name)

    def run_on_kept(self, main: Callable[[], Awaitable[Any]]) -> Any:
        return asyncio_loop.kept().raw.run_until_complete(main())

    def end(self) -> None:
        kept, asyncio_loop._kept = asyncio_loop._kept, None
        if kept is None or kept.raw.is_closed():
            return
        for task in asyncio.all_tasks(kept.raw):
            task.cancel()
        for _ in range(3):  # turns for the tasks, their cleaning up and their callbacks
            kept.raw.call_soon(kept.raw.stop)
            kept.raw.run_forever()
        kept.raw.close()
        asyncio.set_event_loop(None)


class Trio:
    name = "trio"

    def kept(self) -> KeptLoop:
        return trio_loop.kept()

    def run(self, main: Callable[[], Awaitable[Any]]) -> Any:
        return anyio.run(main, backend=self.name)

    def run_on_kept(self, main: Callable[[], Awaitable[Any]]) -> Any:
        return trio.from_thread.run(main, trio_token=trio_loop.kept().token)

    def end(self) -> None:
        kept, trio_loop._kept = trio_loop._kept, None
        if kept is not None:
            kept.end()


BACKENDS: dict[str, Backend] = {each.name: each for each in (Asyncio(), Trio())}


def current_loop() -> object:
    """What identifies the loop that runs here."""
    if trio.lowlevel.in_trio_task():
        return trio.lowlevel.current_trio_token()
    return asyncio.get_running_loop()


async def gather(*functions: Callable[[], Awaitable[Any]]) -> list[Any]:
    """What each returns or raises, all running at once."""
    results: list[Any] = [None] * len(functions)

    async def run(number: int) -> None:
        try:
            results[number] = await functions[number]()
        except Exception as error:
            results[number] = error

    async with anyio.create_task_group() as group:
        for number in range(len(functions)):
            group.start_soon(run, number)
    return results


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    with anyio.fail_after(5):
        while not condition():  # noqa: ASYNC110 - that thread may be handling a signal
            await anyio.sleep(0.001)


async def raise_cancellation() -> None:
    """Raise a cancellation that nobody asked for, as a mistake in a scope of the application."""
    with anyio.CancelScope() as scope:
        scope.cancel()
        try:
            await anyio.lowlevel.checkpoint()
        except anyio.get_cancelled_exc_class() as error:
            cancellation = error
    raise cancellation
