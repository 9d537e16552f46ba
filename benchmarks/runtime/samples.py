"""What was measured, in a form that all cases share, and what it says. Knows no runtime."""

from __future__ import annotations

from statistics import median, quantiles
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks.measure import ASGI_LAMBDA, MANGUM

if TYPE_CHECKING:
    from collections.abc import Mapping

AT_MOST: Final = "at most"
AT_LEAST: Final = "at least"


class Aim(NamedTuple):
    """What is to be reached: by the ratio to the peer, or by the median itself where `absolute`."""

    limit: float
    kind: str = AT_MOST
    absolute: bool = False


class Figure(NamedTuple):
    """One figure of a case.

    samples: one per round and contender; what each contender measured in one round belongs
    together where `paired`. p95: whether the slowest matter too.
    """

    name: str
    what: str
    unit: str
    samples: Mapping[str, list[float]]
    aim: Aim | None = None
    p95: bool = False
    paired: bool = True

    @property
    def medians(self) -> dict[str, float]:
        return {name: median(values) for name, values in self.samples.items()}

    @property
    def percentiles(self) -> dict[str, float]:
        """The 95th of each contender."""
        return {name: _percentile(values) for name, values in self.samples.items()}

    @property
    def ratios(self) -> list[float]:
        """This package's by the peer's, of each round; empty without a peer."""
        if MANGUM not in self.samples:
            return []
        ours, theirs = self.samples[ASGI_LAMBDA], self.samples[MANGUM]
        if not self.paired:
            ours, theirs = [median(ours)], [median(theirs)]
        return [our / their for our, their in zip(ours, theirs, strict=True) if their]

    @property
    def ratio(self) -> float | None:
        return median(self.ratios) if self.ratios else None

    @property
    def spread(self) -> tuple[float, float] | None:
        """The quartiles of the ratio: how much the rounds disagree."""
        if len(self.ratios) < 2:
            return None
        low, _, high = quantiles(self.ratios, n=4, method="inclusive")
        return low, high

    @property
    def met(self) -> bool | None:
        """Whether the aim is reached, None without one."""
        if self.aim is None:
            return None
        value = self.medians[ASGI_LAMBDA] if self.aim.absolute else self.ratio
        if value is None:
            return None
        return value <= self.aim.limit if self.aim.kind == AT_MOST else value >= self.aim.limit


def _percentile(values: list[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]
