"""Calls that block, in threads: those of the management API and of the store.

Each tells its end on one event loop, where all that is here but the calls themselves runs.
"""

from __future__ import annotations

from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import ThreadPoolExecutor

    from asgi_lambda.loop_types import Loop

T = TypeVar("T")

# How many calls may be under way at once.
MOST: Final = 50


class Threads:
    """So many threads at most, made as they are needed.

    in_flight: how many calls have not ended. when_ended: called after each end.
    """

    def __init__(self, loop: Loop, when_ended: Callable[[], object]) -> None:
        self.loop = loop
        self.in_flight = 0
        self._when_ended = when_ended
        self._pool: ThreadPoolExecutor | None = None

    def start(
        self, call: Callable[[], T], done: Callable[[T | None, Exception | None], None]
    ) -> None:
        """Make a call; `done` is told on the loop what it returned or raised."""
        self.in_flight += 1
        context = copy_context()

        def finish(result: T | None, error: Exception | None) -> None:
            self.in_flight -= 1
            done(result, error)
            self._when_ended()

        def run() -> None:
            try:
                finished = partial(finish, context.run(call), None)
            except Exception as error:
                finished = partial(finish, None, error)
            try:
                self.loop.soon(finished)
            except RuntimeError:  # the loop has ended, and whoever waited with it
                self.in_flight -= 1

        (self._pool or self._open()).submit(run)

    async def run(self, call: Callable[[], T]) -> T:
        """What a call returns or raises. It goes on if whoever waits is cancelled."""
        over = self.loop.event()
        outcome: Any = None

        def done(result: T | None, error: Exception | None) -> None:
            nonlocal outcome
            outcome = result, error
            over.set()

        self.start(call, done)
        await over.wait()
        result, error = outcome
        if error is not None:
            raise error
        answer: T = result
        return answer

    def _open(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor

        self._pool = ThreadPoolExecutor(MOST, "asgi-lambda-websocket")
        return self._pool
