from __future__ import annotations

import pytest

from asgi_lambda import ConfigurationError
from asgi_lambda.local.throttle import Throttle, Throttled


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def admitted(throttle: Throttle, times: int) -> list[bool]:
    found = []
    for _ in range(times):
        try:
            throttle.admit()
            found.append(True)
        except Throttled:
            found.append(False)
    return found


def test_rate() -> None:
    clock = Clock()
    throttle = Throttle(2, clock)
    assert admitted(throttle, 3) == [True, True, False]
    clock.now += 0.5
    assert admitted(throttle, 2) == [True, False]
    clock.now += 60
    assert admitted(throttle, 3) == [True, True, False]


def test_rate_below_one() -> None:
    clock = Clock()
    throttle = Throttle(0.5, clock)
    assert admitted(throttle, 2) == [True, False]
    clock.now += 1.9
    assert admitted(throttle, 1) == [False]
    clock.now += 0.2
    assert admitted(throttle, 2) == [True, False]
    with pytest.raises(Throttled, match=r"expected at most 0\.5 invocations per second"):
        throttle.admit()


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_no_rate(rate: float) -> None:
    with pytest.raises(ConfigurationError, match="throttle: expected invocations per second"):
        Throttle(rate)
