"""Invocations that Lambda does not take, since there are too many."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from asgi_lambda.errors import AsgiLambdaError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable


class Throttled(AsgiLambdaError):
    """Lambda does not take this invocation."""


class Throttle:
    """So many invocations per second on the average, and as many at once; at least one.

    Raises ConfigurationError where `rate` is no such number.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        if not 0 < rate < float("inf"):
            raise ConfigurationError(f"throttle: expected invocations per second, got {rate!r}")
        self._rate = rate
        self._clock = clock
        self._left = self._most = max(rate, 1.0)
        self._at = clock()

    def admit(self) -> None:
        """Count an invocation. Raises Throttled."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            raise Throttled(f"expected at most {self._rate:g} invocations per second, got more")
        self._left -= 1
