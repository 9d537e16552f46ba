"""The asyncio loop that is kept for the process, and how threads take turns in running it."""

from __future__ import annotations

import asyncio
import asyncio.base_events
import threading
from contextvars import copy_context
from typing import TYPE_CHECKING, Final

from asgi_lambda.deadline import watchdog
from asgi_lambda.errors import LoopError
from asgi_lambda.loops.asyncio_calls import EAGER, AsyncioLoop, Call, keep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from asgi_lambda.deadline import Patience
    from asgi_lambda.loop_types import Main
    from asgi_lambda.loops import Ending

    Task = asyncio.Task[None]

# What lets a call begin without a turn of the loop. asyncio's own loop has all of it since Python
# 3.13, where the first two were made for loops that are run in a way of their own.
_INTERNALS: Final = (
    "_run_forever_setup",
    "_run_forever_cleanup",
    "_ready",
    "_scheduled",
    "_selector",
)
# How often (s) a waiting thread looks whether the loop stands still without having told it.
_GLANCE: Final = 0.05


class KeptLoop(AsyncioLoop):
    """The loop that this package made, which runs only while a call needs it.

    One thread drives it until that thread's own call is over. Calls of other threads join it
    meanwhile, and one of those threads drives on.
    """

    __slots__ = ("_driver", "_sockets", "_waiting", "when_idle")

    def __init__(self) -> None:
        super().__init__(asyncio.new_event_loop())
        self.when_idle: Callable[[], None] | None = None
        raw: Any = self.raw
        # What the loop watches, where a call can begin without a turn of it.
        self._sockets: Mapping[int, object] | None = (
            raw._selector.get_map() if all(hasattr(raw, name) for name in _INTERNALS) else None
        )
        # Held by the thread that drives, while others wait for their turn.
        self._driver = threading.Lock()
        self._waiting: set[threading.Event] = set()
        asyncio.set_event_loop(self.raw)
        # anyio ends its worker threads with the task that it takes for the root: one that has the
        # callback of `run_until_complete`, else that of the request. So give it one that lasts.
        # Neither that callback nor the hook below has a public name, and so no type.
        root = keep(self.raw.create_task(_forever()))
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
        call = Call(self.raw, self.raw.stop)
        if patience is not None:
            watchdog.watch(call, patience)
        try:
            over = self._begin(call, main)
            # Again and again, since an application may call `loop.stop()`, and one that was
            # abandoned stops it when it ends.
            while not over:
                try:
                    self.raw.run_forever()
                except (SystemExit, KeyboardInterrupt):
                    # As a rule it comes out of the task, which else would log that nobody asked.
                    # The switch has no public name.
                    call.task._log_traceback = False
                    raise
                over = call.over
        finally:
            self._driver.release()
            if self._waiting or self.when_idle is not None:
                self._hand_over()
        if patience is not None:
            watchdog.forget(call)
        return call.ending()

    def wake(self) -> None:
        self.raw.call_soon_threadsafe(lambda: None)

    def hear(self, number: int) -> None:
        # It sets what wakes the loop, which stays when another handler is set.
        self.raw.add_signal_handler(number, _nothing)

    def _begin(self, call: Call, main: Main) -> bool:
        """Begin the task of a call, and return whether that was all.

        Most applications never wait, and a turn of the loop costs as much as the rest of a call: so
        where nothing else is due the task runs up to its first wait without one.
        """
        raw: Any = self.raw
        sockets = self._sockets
        # One socket is the loop's own.
        if sockets is None or len(sockets) > 1 or raw._ready or raw._scheduled:
            call.task = asyncio.Task(self._to_the_end(main), loop=raw, context=copy_context())
            return False
        raw._run_forever_setup()
        try:
            call.task = asyncio.Task(main(self), loop=raw, context=copy_context(), **EAGER)
        finally:
            raw._run_forever_cleanup()
        if call.task.done() and not raw._ready:
            return True
        call.task.add_done_callback(self._stop)
        return False

    async def _to_the_end(self, main: Main) -> None:
        try:
            await main(self)
        finally:
            # Callbacks that are ready get their turn; with none, another turn would do nothing.
            if getattr(self.raw, "_ready", True):
                self.raw.call_soon(self.raw.stop)
            else:
                self.raw.stop()

    def _stop(self, _: Task) -> None:
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
            call = Call(self.raw, wake)
            call.task = task
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
    """The asyncio loop that runs on this thread. Raises LoopError where none does."""
    raw = asyncio._get_running_loop()
    if raw is None:
        raise LoopError("expected a running asyncio loop, since the backend is asyncio, got none")
    return _kept if _kept is not None and _kept.raw is raw else AsyncioLoop(raw)


async def _forever() -> None:
    await asyncio.get_running_loop().create_future()


def _nothing() -> None:
    pass
