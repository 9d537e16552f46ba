"""The trio loop that is kept for the process, in a thread of its own.

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
from asgi_lambda.loops.trio_calls import Call, TrioLoop

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context
    from typing import Any

    from asgi_lambda.deadline import Patience
    from asgi_lambda.loop_types import Main
    from asgi_lambda.loops import Ending

# Python handles a signal on its main thread. One that comes just before that thread begins to wait
# does not end the wait, so it is not to be a long one (s).
_GLANCE: Final = 0.05


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
                turn.wait(_GLANCE)
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

    def hear(self, number: int) -> None:
        """Nothing is to be done: no wait of the main thread is a long one."""

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
