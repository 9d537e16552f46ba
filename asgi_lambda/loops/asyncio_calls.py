"""Calls on any asyncio loop: each is a task in a copy of its caller's context.

Knows no ASGI and no AWS, and not how the kept loop is run.
"""

from __future__ import annotations

import asyncio
import sys
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.deadline import watchdog
from asgi_lambda.loops import RETURNED, Ending, note_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_lambda.deadline import Patience
    from asgi_lambda.loop_types import Event, Loop, Main

    Task = asyncio.Task[None]

# Up to its first wait an eager task runs without a turn of the loop, if that runs.
EAGER: Final[dict[str, Any]] = {"eager_start": True} if sys.version_info >= (3, 12) else {}

# Tasks that were left behind, and those that last as long as their loop, which itself holds tasks
# only weakly. A stack of one of the latter tells nothing about a call that hangs.
_left: Final[set[Task]] = set()
_lasting: Final[set[Task]] = set()


class Call:
    """One task, until it has ended or was abandoned; `wake` is called in the latter case.

    task: is there after its first step, which may block and so is watched too.
    """

    __slots__ = ("_loop", "_stacks", "_wake", "abandoned", "expired", "task")

    task: Task
    _stacks: str

    def __init__(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], object]) -> None:
        self.abandoned = False
        self._loop = loop
        self._wake = wake
        self.expired = False

    @property
    def over(self) -> bool:
        """Whether nobody waits for it; it has no task where its first step ended the process."""
        task: Task | None = getattr(self, "task", None)
        return self.abandoned or task is None or task.done()

    def expire(self) -> None:
        """Cancel the task, soon."""
        self._soon(self._cancel_at_deadline)

    def abandon(self) -> None:
        """Wait for it no longer, soon."""
        self._soon(self._leave)

    def ending(self) -> Ending:
        """How it went. Raises what the task raised."""
        task = self.task
        if self.abandoned:
            return Ending(expired=True, abandoned=True, stacks=self._stacks)
        cancelled: asyncio.CancelledError | None = None
        try:
            task.result()
        except asyncio.CancelledError as error:
            cancelled = error
        if self.expired:
            return Ending(expired=True, cancelled=cancelled, stacks=self._stacks)
        return RETURNED if cancelled is None else Ending(cancelled=cancelled)

    def _soon(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:  # the loop was closed, and nothing of the call is left
            watchdog.forget(self)

    def _cancel_at_deadline(self) -> None:
        if self.over:  # and the process was to end with it, so that nobody forgot the call
            watchdog.forget(self)
            return
        self.expired = True
        self._stacks = _describe_tasks()
        self.task.cancel()

    def _leave(self) -> None:
        if not self.over:
            self.abandoned = True
            _left.add(self.task)
            self.task.add_done_callback(_left.discard)
            self._wake()


class AsyncioLoop:
    """Calls on an asyncio loop that somebody runs."""

    __slots__ = ("raw",)

    def __init__(self, raw: asyncio.AbstractEventLoop) -> None:
        self.raw = raw

    @property
    def closed(self) -> bool:
        return self.raw.is_closed()

    def same(self, other: Loop) -> bool:
        return isinstance(other, AsyncioLoop) and other.raw is self.raw

    def event(self) -> Event:
        return asyncio.Event()

    def soon(self, callback: Callable[[], object]) -> None:
        self.raw.call_soon_threadsafe(callback)

    def later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], object]:
        return self.raw.call_later(seconds, callback).cancel

    def advise(self, error: Exception) -> None:
        note_on(error, "trio")

    def spawn(self, main: Main) -> Callable[[], object]:
        return keep(self.raw.create_task(main(self), context=copy_context())).cancel

    async def call(self, main: Main, patience: Patience | None) -> Ending:
        over = asyncio.Event()
        call = Call(self.raw, over.set)
        if patience is not None:
            watchdog.watch(call, patience)
        try:
            task = asyncio.Task(main(self), loop=self.raw, context=copy_context(), **EAGER)
            call.task = task
            # Where it has ended at once, a callback would cost a turn of the loop.
            if not call.over:
                task.add_done_callback(lambda _: over.set())
            while not call.over:
                await over.wait()
        except asyncio.CancelledError:
            task.cancel()
            await over.wait()
            raise
        finally:
            watchdog.forget(call)
        return call.ending()


def keep(task: Task) -> Task:
    """The task, made to last as long as its loop."""
    _lasting.add(task)
    task.add_done_callback(_lasting.discard)
    # It ends with the process, and that is no mistake to report. The switch has no public name.
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    return task


def _describe_tasks() -> str:
    from asgi_lambda.loops.stacks import describe

    tasks = [task for task in asyncio.all_tasks() if task not in _lasting]
    return describe((task.get_name(), task.get_coro()) for task in tasks)
