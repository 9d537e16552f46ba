"""Calls on trio, and the trio loop that is kept for the process in a thread of its own.

A thread, since a trio loop belongs to the one that began it, and any thread may call a handler.
Knows no ASGI and no AWS; imported only for an application that needs trio.
"""

from __future__ import annotations

import sys
import threading
from contextvars import copy_context
from typing import TYPE_CHECKING, Final

import trio

from asgi_lambda.deadline import watchdog
from asgi_lambda.errors import LoopError
from asgi_lambda.loops import RETURNED, Ending, note_on
from asgi_lambda.loops.stacks import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextvars import Context
    from typing import Any

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


class KeptLoop(TrioLoop):
    """The trio loop of this process, in a thread where it waits for calls."""

    __slots__ = ("_calls", "_error", "_scope", "thread", "when_idle")

    def __init__(self) -> None:
        self.when_idle: Callable[[], None] | None = None
        self._calls: set[Call] = set()
        self._error: BaseException | None = None
        self._scope = trio.CancelScope()
        started = threading.Event()
        # A daemon, since it never ends, and the process shall not wait for it.
        self.thread = threading.Thread(
            target=trio.run, args=(self._wait, started), name="asgi-lambda-trio", daemon=True
        )
        self.thread.start()
        started.wait()

    async def _wait(self, started: threading.Event) -> None:
        super().__init__(trio.lowlevel.current_trio_token())
        started.set()
        with self._scope:
            await trio.sleep_forever()

    def end(self) -> None:
        """End the loop, and all that runs on it."""
        self.token.run_sync_soon(self._scope.cancel)
        self.thread.join()

    @property
    def idle(self) -> bool:
        """Whether no call is under way."""
        return not self._calls

    def run(self, main: Main, patience: Patience | None) -> Ending:
        if runs_here():
            raise LoopError(
                "expected a thread without a running event loop; where trio runs, "
                "use: await handler.invoke(event, context)"
            )
        turn = threading.Event()
        call = Call(self, main, turn.set)
        context = copy_context()
        self._calls.add(call)
        try:
            self.token.run_sync_soon(_begin, call, context)
            if patience is not None:
                watchdog.watch(call, patience)
            while not call.over and self._error is None:
                turn.wait()
                turn.clear()
        finally:
            if not call.over:
                call.cancel()
            watchdog.forget(call)
            self._calls.discard(call)
            self._hand_over()
        if self._error is not None:
            raise self._error
        return call.ending()

    def end_with(self, error: BaseException) -> None:
        self._error = error
        self.wake()

    def wake(self) -> None:
        # Signals are handled when the main thread goes on.
        for call in tuple(self._calls):
            call.wake()

    def _hand_over(self) -> None:
        if self.idle and self.when_idle is not None:
            when_idle, self.when_idle = self.when_idle, None
            when_idle()


_kept: KeptLoop | None = None
_making: Final = threading.Lock()


def kept() -> KeptLoop:
    """The loop kept for this process, made by whoever asks first."""
    global _kept
    if _kept is None:
        with _making:
            _kept = _kept or KeptLoop()
    return _kept


def runs_here() -> bool:
    """Whether a loop runs on this thread, of trio or of asyncio."""
    asyncio: Any = sys.modules.get("asyncio")
    return trio.lowlevel.in_trio_run() or (
        asyncio is not None and asyncio._get_running_loop() is not None
    )


def running() -> TrioLoop:
    """The trio loop that runs on this thread. Raises LoopError where none does."""
    if not trio.lowlevel.in_trio_run():
        raise LoopError(
            "expected a running trio loop, since the backend is trio, got none; "
            "on an asyncio loop, use: await asyncio.to_thread(handler, event, context)"
        )
    token = trio.lowlevel.current_trio_token()
    return _kept if _kept is not None and _kept.token is token else TrioLoop(token)


def _begin(call: Call, context: Context) -> None:
    trio.lowlevel.spawn_system_task(call.run, context=context)


def _tree(task: Task) -> Iterator[Task]:
    """A task, and those in its nurseries."""
    yield task
    for nursery in task.child_nurseries:
        for child in nursery.child_tasks:
            yield from _tree(child)


def _nothing() -> None:
    pass
