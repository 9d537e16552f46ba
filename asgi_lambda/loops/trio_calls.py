"""Calls on any trio loop: each is a task in a copy of its caller's context.

Knows no ASGI and no AWS, and not how the kept loop is run.
"""

from __future__ import annotations

from contextvars import copy_context
from typing import TYPE_CHECKING

import trio

from asgi_lambda.deadline import watchdog
from asgi_lambda.loops import RETURNED, Ending, note_on
from asgi_lambda.loops.stacks import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from trio.lowlevel import Task, TrioToken

    from asgi_lambda.deadline import Patience
    from asgi_lambda.loop_types import Event, Loop, Main


class Call:
    """One task, until it has ended or was abandoned; `wake` is called in both cases."""

    __slots__ = (
        "_abandoned",
        "_cancelled",
        "_ended",
        "_expired",
        "_loop",
        "_main",
        "_scope",
        "_stacks",
        "_task",
        "raised",
        "wake",
    )

    _stacks: str
    _task: Task

    def __init__(self, loop: TrioLoop, main: Main, wake: Callable[[], object]) -> None:
        self.wake = wake
        self.raised: BaseException | None = None
        self._abandoned = self._ended = self._expired = False
        self._cancelled: trio.Cancelled | None = None
        self._loop = loop
        self._main = main
        self._scope = trio.CancelScope()

    @property
    def over(self) -> bool:
        return self._abandoned or self._ended

    async def run(self) -> None:
        """Run `main`, and keep what it raises: the whole loop would end with it."""
        self._task = trio.lowlevel.current_task()
        try:
            with self._scope:
                await self._main(self._loop)
        except trio.Cancelled as error:
            self._cancelled = error
        except BaseException as error:
            self.raised = error
        self._ended = True
        self.wake()

    def cancel(self) -> None:
        """Cancel the task, soon; from any thread, as the two below."""
        self._soon(self._scope.cancel)

    def expire(self) -> None:
        """Cancel the task, soon, since its deadline has come."""
        self._soon(self._cancel_at_deadline)

    def abandon(self) -> None:
        """Wait for it no longer, soon."""
        self._soon(self._leave)

    def ending(self) -> Ending:
        """How it went. Raises what the task raised."""
        if self._abandoned:
            return Ending(expired=True, abandoned=True, stacks=self._stacks)
        if self.raised is not None:
            raise self.raised
        if self._expired:
            return Ending(expired=True, cancelled=self._cancelled, stacks=self._stacks)
        return RETURNED if self._cancelled is None else Ending(cancelled=self._cancelled)

    def _soon(self, callback: Callable[[], object]) -> None:
        try:
            self._loop.token.run_sync_soon(callback)
        except trio.RunFinishedError:  # the loop has ended, and nothing of the call is left
            watchdog.forget(self)

    def _cancel_at_deadline(self) -> None:
        if self._ended:  # and the process was to end with it, so that nobody forgot the call
            watchdog.forget(self)
            return
        self._expired = True
        self._stacks = describe((task.name, task.coro) for task in _tree(self._task))
        self._scope.cancel()

    def _leave(self) -> None:
        if not self._ended:
            self._abandoned = True
            self.wake()


class TrioLoop:
    """Calls on a trio loop that somebody runs."""

    __slots__ = ("token",)

    def __init__(self, token: TrioToken) -> None:
        self.token = token

    @property
    def closed(self) -> bool:
        try:
            self.token.run_sync_soon(_nothing)
        except trio.RunFinishedError:
            return True
        return False

    def same(self, other: Loop) -> bool:
        return isinstance(other, TrioLoop) and other.token is self.token

    def event(self) -> Event:
        return trio.Event()

    def soon(self, callback: Callable[[], object]) -> None:
        self.token.run_sync_soon(callback)

    def later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], object]:
        scope = trio.CancelScope()

        async def wait() -> None:
            with scope:
                await trio.sleep(max(seconds, 0))
                callback()

        trio.lowlevel.spawn_system_task(wait)
        return scope.cancel

    def advise(self, error: Exception) -> None:
        note_on(error, "asyncio")

    def spawn(self, main: Main) -> Callable[[], object]:
        lasting = Call(self, main, _nothing)

        async def last() -> None:
            await lasting.run()
            if lasting.raised is not None:
                self.end_with(lasting.raised)

        trio.lowlevel.spawn_system_task(last, context=copy_context())
        return lasting.cancel

    def end_with(self, error: BaseException) -> None:
        """Let what ends a process, as SystemExit, go on from a task that nobody waits for."""
        raise error

    async def call(self, main: Main, patience: Patience | None) -> Ending:
        over = trio.Event()
        call = Call(self, main, over.set)
        # A task of its own, so that it can be left behind.
        trio.lowlevel.spawn_system_task(call.run, context=copy_context())
        if patience is not None:
            watchdog.watch(call, patience)
        try:
            await over.wait()
        except trio.Cancelled:
            call.cancel()
            with trio.CancelScope(shield=True):
                await over.wait()
            raise
        finally:
            watchdog.forget(call)
        return call.ending()


def _tree(task: Task) -> Iterator[Task]:
    """A task, and those in its nurseries."""
    yield task
    for nursery in task.child_nurseries:
        for child in nursery.child_tasks:
            yield from _tree(child)


def _nothing() -> None:
    pass
