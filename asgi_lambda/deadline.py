"""When a call is given up, and the thread that sees to it.

A thread rather than timers of the event loop: it also speaks up when the loop itself is blocked, and
watching a call costs it two dict operations. Knows no event loop: a call is told `expire`, then
`abandon`, by methods that any thread may call.
"""

from __future__ import annotations

import logging
import math
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from asgi_lambda.lambda_types import LambdaContext

logger = logging.getLogger("asgi_lambda")

# Lambda functions run 15 minutes at most. Local emulators of Managed Instances give a deadline years
# ahead, which means none.
_FARTHEST: Final = 86_400.0
_LARGEST_SHARE: Final = 0.25
_DEFAULT_MARGIN: Final = 0.5


class Patience:
    """How long a call may take: cancelled after `limit` seconds, abandoned after `grace` more.

    last: seconds, the moment to say which code blocks the loop, if any does.
    """

    __slots__ = ("grace", "last", "limit")

    def __init__(self, left: float, margin: float) -> None:
        margin = min(margin, left * _LARGEST_SHARE)
        self.limit = left - margin
        self.grace = margin / 2
        self.last = left - margin / 4


def patience(
    context: LambdaContext | None, timeout: float | None, margin: float | None
) -> Patience | None:
    """The patience that Lambda's deadline and `timeout` (both s) leave; None: without end."""
    left = _remaining(context) if margin is not None else None
    if timeout is not None and (left is None or timeout < left):
        left = timeout
    return None if left is None else Patience(left, _DEFAULT_MARGIN if margin is None else margin)


def _remaining(context: LambdaContext | None) -> float | None:
    try:
        milliseconds = context.get_remaining_time_in_millis()  # type: ignore[union-attr]
    except AttributeError:  # None, or what tests and emulators pass for a context
        return None
    seconds = milliseconds / 1000
    return seconds if 0 < seconds < _FARTHEST else None


class Call(Protocol):
    """What a watchdog watches; the methods return at once and may be called from any thread."""

    def expire(self) -> None: ...

    def abandon(self) -> None: ...


class _Watch:
    """The moments of one call, and which of them comes next."""

    __slots__ = ("moments", "passed")

    def __init__(self, patience: Patience) -> None:
        now = time.monotonic()
        limit = now + patience.limit
        self.moments = (limit, limit + patience.grace, now + patience.last)
        self.passed = 0


class Watchdog:
    """One persistent thread that tells calls when their time is over.

    It sleeps until the earliest moment it knew of, also when that call has long ended: to wake it
    for every call would cost more than the call.
    """

    __slots__ = ("_changed", "_thread", "_wakes_at", "_watched")

    def __init__(self) -> None:
        self._watched: dict[Call, _Watch] = {}
        self._changed = threading.Condition()
        self._wakes_at = math.inf
        self._thread: threading.Thread | None = None

    def watch(self, call: Call, patience: Patience) -> None:
        """Begin to count the patience with this call."""
        watch = self._watched[call] = _Watch(patience)
        if watch.moments[0] >= self._wakes_at:
            return
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="asgi-lambda-watchdog", daemon=True
                )
                self._thread.start()
            self._changed.notify()

    def forget(self, call: Call) -> None:
        """The call is over."""
        self._watched.pop(call, None)

    def _run(self) -> None:
        with self._changed:
            while True:
                # Whoever adds a call from here on waits for the lock and wakes this thread, so that
                # no call is missed between looking and sleeping.
                self._wakes_at = math.inf
                due = [self._tell(call, watch) for call, watch in list(self._watched.items())]
                self._wakes_at = min(due, default=math.inf)
                sleep = self._wakes_at - time.monotonic()
                self._changed.wait(None if math.isinf(sleep) else max(sleep, 0))

    def _tell(self, call: Call, watch: _Watch) -> float:
        tell = (call.expire, call.abandon, log_stacks)
        while watch.moments[watch.passed] <= time.monotonic():
            tell[watch.passed]()
            watch.passed += 1
            if watch.passed == len(tell):
                self.forget(call)
                return math.inf
        return watch.moments[watch.passed]


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
