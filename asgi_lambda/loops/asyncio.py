"""The asyncio loop: the one kept for the process, or whichever a caller runs.

Knows no ASGI and no AWS. A call is a task in a copy of its caller's context.
"""

from __future__ import annotations

import asyncio
import asyncio.base_events
import sys
import threading
import traceback
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.deadline import watchdog
from asgi_lambda.errors import LoopError
from asgi_lambda.loops import RETURNED, Ending

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_lambda.deadline import Patience
    from asgi_lambda.loops import Event, Loop, Main

    Task = asyncio.Task[None]

# How often (s) a waiting thread looks whether the loop stands still without having told it.
_GLANCE: Final = 0.05
_MOST_STACKS: Final = 20
# Up to its first wait an eager task runs without a turn of the loop.
_EAGER: Final[dict[str, Any]] = {"eager_start": True} if sys.version_info >= (3, 12) else {}

# Tasks that were left behind, and those that last as long as their loop, which itself holds tasks
# only weakly. A stack of one of the latter tells nothing about a call that hangs.
_left: Final[set[Task]] = set()
_lasting: Final[set[Task]] = set()


class Call:
    """One task until it has ended or been abandoned: then it is `over`, and calls `wake`."""

    __slots__ = ("_expired", "_loop", "_patience", "_stacks", "_task", "over", "wake")

    _task: Task

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        patience: Patience | None,
        wake: Callable[[], object],
    ) -> None:
        self.over = False
        self.wake = wake
        self._loop = loop
        self._patience = patience
        self._expired = False
        self._stacks = ""

    def begin(self, task: Task) -> None:
        """Take the task; on the loop, or while it stands still."""
        self._task = task
        if task.done():
            self.over = True
            return
        task.add_done_callback(self._end)
        if self._patience is not None:
            watchdog.watch(self, self._patience)

    def expire(self) -> None:
        """Cancel the task, soon."""
        self._soon(self._cancel_at_deadline)

    def abandon(self) -> None:
        """Wait for it no longer, soon."""
        self._soon(self._leave)

    def cancel(self) -> None:
        """Cancel the task, now."""
        self._task.cancel()

    def ending(self) -> Ending:
        """How it went. Raises what the task raised."""
        task = self._task
        if not task.done():
            return Ending(expired=True, abandoned=True, stacks=self._stacks)
        if task.cancelled():
            return Ending(self._expired, cancelled=_cancellation(task), stacks=self._stacks)
        task.result()
        return Ending(expired=True, stacks=self._stacks) if self._expired else RETURNED

    def _soon(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:  # the loop was closed, and nothing of the call is left
            watchdog.forget(self)

    def _cancel_at_deadline(self) -> None:
        if not self.over:
            self._expired = True
            self._stacks = _stacks_of_tasks()
            self._task.cancel()

    def _leave(self) -> None:
        if not self.over:
            _left.add(self._task)
            self._task.add_done_callback(_left.discard)
            self._end(self._task)

    def _end(self, _: Task) -> None:
        # A task that was abandoned wakes nobody when it ends: another call may run by then.
        if not self.over:
            self.over = True
            watchdog.forget(self)
            self.wake()


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

    def spawn(self, main: Main) -> Callable[[], object]:
        return _keep(self.raw.create_task(main(self), context=copy_context())).cancel

    async def call(self, main: Main, patience: Patience | None) -> Ending:
        over = asyncio.Event()
        call = Call(self.raw, patience, over.set)
        call.begin(asyncio.Task(main(self), loop=self.raw, context=copy_context(), **_EAGER))
        try:
            if not call.over:
                await over.wait()
        except asyncio.CancelledError:
            call.cancel()
            await over.wait()
            raise
        return call.ending()


class KeptLoop(AsyncioLoop):
    """The loop that this package made, which runs only while a call needs it.

    One thread drives it until that thread's own call is over. Calls of other threads join meanwhile,
    and one of those threads drives on.
    """

    __slots__ = ("_driven", "_turn", "when_idle")

    def __init__(self) -> None:
        super().__init__(asyncio.new_event_loop())
        self.when_idle: Callable[[], None] | None = None
        self._turn = threading.Condition()
        self._driven = False
        asyncio.set_event_loop(self.raw)
        # anyio ends its worker threads with the task that it takes for the root: one that has the
        # callback of `run_until_complete`, else that of the request. So give it one that lasts.
        root = _keep(self.raw.create_task(_forever()))
        root.add_done_callback(asyncio.base_events._run_until_complete_cb)  # type: ignore[attr-defined]

    @property
    def idle(self) -> bool:
        """Whether no thread runs the loop."""
        return not (self._driven or self.raw.is_running())

    def run(self, main: Main, patience: Patience | None) -> Ending:
        if runs_here():
            raise LoopError(
                "expected a thread without a running event loop; where one runs, "
                "use: await handler.invoke(event, context)"
            )
        if not self._take():
            return self._join(main, patience)
        call = Call(self.raw, patience, self.raw.stop)
        try:
            call.begin(self.raw.create_task(main(self), context=copy_context()))
            self._drive(call)
        finally:
            self._release()
        return call.ending()

    def _join(self, main: Main, patience: Patience | None) -> Ending:
        context = copy_context()
        call = Call(self.raw, patience, self._announce)
        self.raw.call_soon_threadsafe(
            lambda: call.begin(self.raw.create_task(main(self), context=context))
        )
        while not call.over:
            if self._take():
                try:
                    call.wake = self.raw.stop
                    self._drive(call)
                finally:
                    self._release()
            else:
                with self._turn:
                    if not (call.over or self.idle):
                        self._turn.wait(_GLANCE)
        return call.ending()

    def _drive(self, call: Call) -> None:
        # Again and again, since an application may call `loop.stop()`.
        while not call.over:
            self.raw.run_forever()

    def _take(self) -> bool:
        with self._turn:
            taken = self.idle
            if taken:
                self._driven = True
        return taken

    def _release(self) -> None:
        with self._turn:
            self._driven = False
            self._turn.notify_all()
        when_idle, self.when_idle = self.when_idle, None
        if when_idle is not None:
            when_idle()

    def _announce(self) -> None:
        with self._turn:
            self._turn.notify_all()


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
    """Whether a loop runs on this thread."""
    return asyncio._get_running_loop() is not None


def running() -> AsyncioLoop:
    """The loop that runs on this thread."""
    raw = asyncio.get_running_loop()
    return _kept if _kept is not None and _kept.raw is raw else AsyncioLoop(raw)


async def _forever() -> None:
    await asyncio.get_running_loop().create_future()


def _keep(task: Task) -> Task:
    _lasting.add(task)
    task.add_done_callback(_lasting.discard)
    # It ends with the process, and that is no mistake to report.
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    return task


def _cancellation(task: Task) -> BaseException:
    try:
        task.result()
    except asyncio.CancelledError as error:
        return error
    raise AssertionError("expected a cancelled task")


def _stacks_of_tasks() -> str:
    """Where the tasks of the running loop wait, innermost call last."""
    tasks = [task for task in asyncio.all_tasks() if task not in _lasting]
    return "\n".join(
        f"Task {task.get_name()}:\n{''.join(traceback.format_list(_waits(task.get_coro())))}"
        for task in tasks[:_MOST_STACKS]
    )


def _waits(awaited: Any) -> list[traceback.FrameSummary]:
    frames = []
    while awaited is not None:
        for kind in ("cr", "gi", "ag"):
            frame = getattr(awaited, f"{kind}_frame", None)
            if frame is not None:
                code = frame.f_code
                frames.append(
                    traceback.FrameSummary(code.co_filename, frame.f_lineno, code.co_name)
                )
        awaited = next(
            (
                inner
                for name in ("cr_await", "gi_yieldfrom", "ag_await")
                if (inner := getattr(awaited, name, None)) is not None
            ),
            None,
        )
    return frames
