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
    from asgi_lambda.loop_types import Event, Loop, Main

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
    """One task, until it has ended or was abandoned; `wake` is called in the latter case."""

    __slots__ = ("_loop", "_stacks", "_wake", "abandoned", "expired", "task")

    _stacks: str

    def __init__(
        self, loop: asyncio.AbstractEventLoop, task: Task, wake: Callable[[], object]
    ) -> None:
        self.task = task
        self.abandoned = False
        self._loop = loop
        self._wake = wake
        self.expired = False

    @property
    def over(self) -> bool:
        return self.abandoned or self.task.done()

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
        if not self.task.done():
            self.expired = True
            self._stacks = _stacks_of_tasks()
            self.task.cancel()

    def _leave(self) -> None:
        if not self.task.done():
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

    def spawn(self, main: Main) -> Callable[[], object]:
        return _keep(self.raw.create_task(main(self), context=copy_context())).cancel

    async def call(self, main: Main, patience: Patience | None) -> Ending:
        task: Task = asyncio.Task(main(self), loop=self.raw, context=copy_context(), **_EAGER)
        over = asyncio.Event()
        call = Call(self.raw, task, over.set)
        if task.done():
            return call.ending()
        task.add_done_callback(lambda _: over.set())
        if patience is not None:
            watchdog.watch(call, patience)
        try:
            await over.wait()
        except asyncio.CancelledError:
            task.cancel()
            await over.wait()
            raise
        finally:
            watchdog.forget(call)
        return call.ending()


class KeptLoop(AsyncioLoop):
    """The loop that this package made, which runs only while a call needs it.

    One thread drives it until that thread's own call is over. Calls of other threads join it
    meanwhile, and one of those threads drives on.
    """

    __slots__ = ("_driver", "_waiting", "when_idle")

    def __init__(self) -> None:
        super().__init__(asyncio.new_event_loop())
        self.when_idle: Callable[[], None] | None = None
        # Held by the thread that drives, while others wait for their turn.
        self._driver = threading.Lock()
        self._waiting: set[threading.Event] = set()
        asyncio.set_event_loop(self.raw)
        # anyio ends its worker threads with the task that it takes for the root: one that has the
        # callback of `run_until_complete`, else that of the request. So give it one that lasts.
        root = _keep(self.raw.create_task(_forever()))
        root.add_done_callback(asyncio.base_events._run_until_complete_cb)  # type: ignore[attr-defined]
        # Those threads are no daemons: the interpreter waits for them, and `atexit` comes after.
        threading._register_atexit(self._end, root)  # type: ignore[attr-defined]

    def _end(self, root: Task) -> None:
        """Let the worker threads of anyio end with the process."""
        if self.idle and not self.raw.is_closed():
            root.cancel()
            for _ in range(2):  # one turn for the task, one for its callbacks
                self.raw.call_soon(self.raw.stop)
                self.raw.run_forever()

    @property
    def idle(self) -> bool:
        """Whether no thread runs the loop."""
        return not (self._driver.locked() or self.raw.is_running())

    def run(self, main: Main, patience: Patience | None) -> Ending:
        if asyncio._get_running_loop() is not None:
            raise LoopError(
                "expected a thread without a running event loop; where one runs, "
                "use: await handler.invoke(event, context)"
            )
        if self.raw.is_running() or not self._driver.acquire(False):
            return self._join(main, patience)
        try:
            task: Task = asyncio.Task(self._to_the_end(main), loop=self.raw, context=copy_context())
            call = Call(self.raw, task, self.raw.stop)
            if patience is not None:
                watchdog.watch(call, patience)
            # Again and again, since an application may call `loop.stop()`, and one that was
            # abandoned stops it when it ends.
            while not (task.done() or call.abandoned):
                self.raw.run_forever()
        finally:
            self._driver.release()
            if self._waiting or self.when_idle is not None:
                self._hand_over()
        if patience is not None:
            watchdog.forget(call)
        return call.ending()

    def wake(self) -> None:
        self.raw.call_soon_threadsafe(lambda: None)

    async def _to_the_end(self, main: Main) -> None:
        try:
            await main(self)
        finally:
            # Callbacks that are ready get their turn; with none, another turn would do nothing.
            if getattr(self.raw, "_ready", True):
                self.raw.call_soon(self.raw.stop)
            else:
                self.raw.stop()

    def _join(self, main: Main, patience: Patience | None) -> Ending:
        """Run a call on the loop while another thread drives it, and drive it on after that one."""
        turn = threading.Event()
        context = copy_context()
        call: Call | None = None
        driving = False

        def begin() -> None:
            nonlocal call
            task = self.raw.create_task(main(self), context=context)
            task.add_done_callback(wake)
            call = Call(self.raw, task, wake)
            if patience is not None:
                watchdog.watch(call, patience)

        def wake(_: object = None) -> None:
            turn.set()
            if driving:
                self.raw.stop()

        self._waiting.add(turn)
        self.raw.call_soon_threadsafe(begin)
        while call is None or not call.over:
            driving = not self.raw.is_running() and self._driver.acquire(False)
            if driving:
                try:
                    self.raw.run_forever()
                finally:
                    driving = False
                    self._driver.release()
                    self._hand_over()
            else:
                turn.wait(_GLANCE)
                turn.clear()
        self._waiting.discard(turn)
        watchdog.forget(call)
        return call.ending()

    def _hand_over(self) -> None:
        for turn in tuple(self._waiting):
            turn.set()
        if self.when_idle is not None:
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
