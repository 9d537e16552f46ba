"""Calls of a function in threads, where several are under way at once."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, TypeVar

from asgi_lambda.runtime.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

T = TypeVar("T")


class Threads:
    """So many threads at most, each with the context of its invocation.

    left_behind: one of them is still in the function, and nobody waits for it.
    """

    def __init__(self, count: int) -> None:
        self.left_behind = False
        self._count = count
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: set[asyncio.Task[object]] = set()
        self._given_up: set[asyncio.Task[object]] = set()

    async def run(self, call: Callable[[], T]) -> T:
        """What a call returns or raises. Raises Fault where it was given up."""
        task = asyncio.current_task()
        assert task is not None
        run = contextvars.copy_context().run
        pool = self._pool or self._open()
        self._waiting.add(task)
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, run, call)
        except asyncio.CancelledError:
            if task not in self._given_up:
                raise
            task.uncancel()
            self.left_behind = True
            raise Fault(
                "Runtime.Shutdown", "the environment was shut down before the function had ended"
            ) from None
        finally:
            self._waiting.discard(task)
            self._given_up.discard(task)

    def _open(self) -> ThreadPoolExecutor:
        # Most processes need none, and all would wait for the import.
        from concurrent.futures import ThreadPoolExecutor

        self._pool = ThreadPoolExecutor(self._count, "asgi-lambda")
        return self._pool

    def give_up(self) -> None:
        """Wait for none of them any longer. What a thread does cannot be ended."""
        self._given_up |= self._waiting
        for task in self._given_up:
            task.cancel()
