"""When a call is given up, and the thread that sees to it.

A thread rather than timers of the event loop: it also speaks up when the loop itself is blocked,
and costs a call less. Knows no event loop: a call is told `expire`, then `abandon`, by methods that
any thread may call.
"""

from __future__ import annotations

import logging
import math
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asgi_lambda.lambda_types import LambdaContext
    from asgi_lambda.loop_types import Call

logger = logging.getLogger("asgi_lambda")

# Functions run 15 minutes at most. The emulator of Managed Instances gives a deadline years ahead,
# which means none.
_FARTHEST: Final = 86_400.0
_LARGEST_SHARE: Final = 0.25
_DEFAULT_MARGIN: Final = 0.5


class Patience:
    """How long a call may take, in seconds.

    limit: it is cancelled then. margin: from there to the end; half of it is for the call to clean
    up, before it is abandoned.
    """

    __slots__ = ("limit", "margin")

    def __init__(self, left: float, margin: float) -> None:
        largest = left * _LARGEST_SHARE
        self.margin = margin if margin < largest else largest
        self.limit = left - self.margin


def patience(
    context: LambdaContext | None, timeout: float | None, margin: float | None
) -> Patience | None:
    """The patience that Lambda's deadline and `timeout` (both s) leave; None: without end."""
    left = timeout
    if margin is not None:
        try:
            # Without a test for None, which would cost every call; see below.
            remaining = context.get_remaining_time_in_millis() / 1000  # type: ignore[union-attr]
            if 0 < remaining < _FARTHEST and (timeout is None or remaining < timeout):
                left = remaining
        except (AttributeError, TypeError):  # None, or a stand-in that tests pass for a context
            pass
    return None if left is None else Patience(left, margin or _DEFAULT_MARGIN)


class Watchdog:
    """One persistent thread that tells calls when their time is over.

    It sleeps until the earliest moment it knew of, also when that call has long ended: to wake it
    for every call would cost more than the call.
    """

    __slots__ = ("_changed", "_thread", "_told", "_wakes_at", "_watched")

    def __init__(self) -> None:
        self._watched: dict[Call, tuple[float, Patience]] = {}
        # How many of the three things there are to tell a call were told, where any was.
        self._told: dict[Call, int] = {}
        self._changed = threading.Condition()
        self._wakes_at = math.inf
        self._thread: threading.Thread | None = None

    def watch(self, call: Call, patience: Patience) -> None:
        """Begin to count the patience with this call."""
        now = time.monotonic()
        self._watched[call] = now, patience
        if now + patience.limit < self._wakes_at:
            self._wake()

    def forget(self, call: Call) -> None:
        """The call is over."""
        self._watched.pop(call, None)

    def _wake(self) -> None:
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="asgi-lambda-watchdog", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while True:
                # Whoever adds a call from here on waits for the lock and wakes this thread, so that
                # no call is missed between looking and sleeping.
                self._wakes_at = math.inf
                moments = [self._tell(call, *watch) for call, watch in list(self._watched.items())]
                self._wakes_at = min(moments, default=math.inf)
                self._told = {call: n for call, n in self._told.items() if call in self._watched}
                sleep = self._wakes_at - time.monotonic()
                self._changed.wait(None if sleep == math.inf else max(sleep, 0))

    def _tell(self, call: Call, began: float, patience: Patience) -> float:
        """Tell a call what is due, and return when the next thing will be."""
        for told, (share, tell) in enumerate(
            ((0, call.expire), (0.5, call.abandon), (0.75, log_stacks))
        ):
            if told < self._told.get(call, 0):
                continue
            moment = began + patience.limit + patience.margin * share
            if moment > time.monotonic():
                return moment
            self._told[call] = told + 1
            tell()
        self.forget(call)
        return math.inf


def log_stacks() -> None:
    """Log where every thread stands: some code has blocked the loop, or will not let go of it."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    own = threading.get_ident()
    stacks = [
        f"Thread {names.get(ident, ident)}:\n{''.join(traceback.format_stack(frame))}"
        for ident, frame in sys._current_frames().items()
        if ident != own
    ]
    logger.critical(
        "The event loop is blocked and the deadline near; Lambda will end this environment.\n%s",
        "\n".join(stacks),
    )


watchdog: Final = Watchdog()
