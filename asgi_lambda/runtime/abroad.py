"""Applications on another loop than that of the Runtime API, which is asyncio's: those on trio.

Each side waits for the other by callbacks that any thread may hand over. Names no async library but
asyncio, and knows no ASGI.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from asgi_lambda.deadline import Patience
    from asgi_lambda.loop_types import KeptLoop, Loop, Main
    from asgi_lambda.loops import Ending

    Write = Callable[[bytes], Coroutine[Any, Any, None]]


class LoopAbroad:
    """A kept loop of another library, as tasks of asyncio use it."""

    def __init__(self, kept: KeptLoop) -> None:
        self._kept = kept

    def soon(self, callback: Callable[[], object]) -> None:
        """Call it over there."""
        self._kept.soon(callback)

    async def call(self, main: Main, patience: Patience | None) -> Ending:
        """As a call of a loop here: run `main` until it ends or our patience does.

        Raises what `main` raises.
        """
        here = asyncio.get_running_loop()
        over: asyncio.Future[Ending] = here.create_future()
        begun: list[Callable[[], object]] = []

        async def run(loop: Loop) -> None:
            settle = functools.partial(over.set_exception, asyncio.CancelledError())
            try:
                settle = functools.partial(over.set_result, await loop.call(main, patience))
            except (Exception, SystemExit, KeyboardInterrupt) as error:
                settle = functools.partial(over.set_exception, error)
            finally:
                here.call_soon_threadsafe(settle)

        def begin() -> None:
            begun.append(self._kept.spawn(run))

        self._kept.soon(functools.partial(contextvars.copy_context().run, begin))
        try:
            return await asyncio.shield(over)
        except asyncio.CancelledError:
            self._kept.soon(lambda: begun[0]())  # which is there, as this comes after `begin`
            await asyncio.wait([over])
            over.exception()  # else asyncio would complain that nobody asked
            raise

    def bring_home(self, write: Write) -> Write:
        """What an application over there calls to have `write` run here."""
        here = asyncio.get_running_loop()

        async def call(data: bytes) -> None:
            done = self._kept.event()
            errors: list[Exception] = []

            async def run() -> None:
                try:
                    await write(data)
                except Exception as error:
                    errors.append(error)
                finally:
                    self._kept.soon(done.set)

            here.call_soon_threadsafe(_keep, run)
            await done.wait()
            if errors:
                raise errors[0]

        return call


_running: set[asyncio.Task[None]] = set()


def _keep(run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    # The loop itself holds a task only weakly.
    task = asyncio.get_running_loop().create_task(run())
    _running.add(task)
    task.add_done_callback(_running.discard)
