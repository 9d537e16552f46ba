"""SIGTERM: shut down what was started, then do what the signal would have done without us.

Knows no ASGI: what is to be shut down are coroutine functions, and they run on the kept loop.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda import environment
from asgi_lambda.deadline import Patience

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import FrameType

    from asgi_lambda.loop_types import KeptLoop, Loop

logger = logging.getLogger("asgi_lambda")

# Seconds. With an internal extension Lambda leaves 500 ms from SIGTERM to SIGKILL, with an external
# one the runtime has 300 ms.
# Source: the Lambda guide, "Lambda execution environment lifecycle", shutdown phase.
_FOR_SHUTDOWN: Final = 0.3
_FOR_INVOCATION: Final = 0.2


class Termination:
    """The handler of SIGTERM, for all applications on one loop.

    While the loop is idle the shutdown runs in the signal handler. Else it waits for the invocation
    to end, or for `_FOR_INVOCATION` seconds, and then runs beside it.
    """

    __slots__ = ("_finished", "_kept", "_timer", "previous", "shutdowns")

    def __init__(self, kept: Callable[[], KeptLoop]) -> None:
        self.shutdowns: list[Callable[[Loop], Awaitable[None]]] = []
        self._kept = kept
        self._finished = False
        self._timer: threading.Timer | None = None
        self.previous = signal.getsignal(signal.SIGTERM)
        kept().hear(signal.SIGTERM)
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._finished:
            self._hand_on(number, frame)
        elif self._kept().idle:
            self.shut_down()
            self._hand_on(number, frame)
        elif self._timer is None:
            self._kept().when_idle = self._after_invocation
            self._timer = threading.Timer(_FOR_INVOCATION, self._beside_invocation)
            self._timer.daemon = True
            self._timer.start()

    def _after_invocation(self) -> None:
        if not self._finished:
            self.shut_down()
            # The answer is not delivered yet.
            if not environment.end_after_answer(self._signal_again):
                self._signal_again()

    def _beside_invocation(self) -> None:
        if not self._finished:
            self.shut_down()
            self._signal_again()

    def shut_down(self, patience: float = _FOR_SHUTDOWN) -> None:
        """Run the shutdowns on the loop, for so long (s) at most."""
        self._finished = True
        ending = self._kept().run(self._shutdown_all, Patience(patience, patience))
        if ending.expired:
            logger.error("The shutdown took too long, and was cancelled at:\n%s", ending.stacks)

    async def _shutdown_all(self, loop: Loop) -> None:
        for shutdown in self.shutdowns:
            await shutdown(loop)

    def _signal_again(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        # Python handles it in the main thread, which may have begun to wait for I/O just before.
        self._kept().wake()

    def _hand_on(self, number: int, frame: FrameType | None) -> None:
        # The previous handler may let the process live on.
        self._finished = False
        self._kept().when_idle = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        previous: Any = self.previous
        if callable(previous):
            previous(number, frame)
        elif previous != signal.SIG_IGN:
            # Not sys.exit: AWS's client waits for its polling thread then, and hangs.
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)


# One for each loop; the signal goes from the latest to the one before.
_installed: Final[dict[Callable[[], KeptLoop], Termination]] = {}


def installed() -> list[Termination]:
    """The handlers that were installed, for a runtime client that handles the signal itself."""
    return [*_installed.values()]


def on_sigterm(kept: Callable[[], KeptLoop], shutdown: Callable[[Loop], Awaitable[None]]) -> None:
    """Run `shutdown` when SIGTERM comes; in the main thread of a Lambda function only."""
    if environment.on_lambda() and environment.in_main_thread():
        if kept not in _installed:
            _installed[kept] = Termination(kept)
        _installed[kept].shutdowns.append(shutdown)
