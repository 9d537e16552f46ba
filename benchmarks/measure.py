"""Blocks of work that take turns, and what their times say.

Knows neither adapters nor Lambda. Whatever slows the machine down for a while slows all contenders
down, so each round is compared with itself before anything is summed up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import cycle, permutations
from statistics import median
from typing import Final, NamedTuple

FLOOR: Final = "floor"
MANGUM: Final = "mangum"
ASGI_LAMBDA: Final = "asgi_lambda"

# Does one block of work, and returns the seconds that one call of it took.
Block = Callable[[], float]


class Figures(NamedTuple):
    """The times of one case.

    medians: microseconds of one call, by contender. ratio: the median of asgi_lambda's time by the
    peer's, round by round. ratio_of_minima: that of the fastest blocks. added: the median of
    asgi_lambda's microseconds less the peer's, round by round.
    """

    medians: dict[str, float]
    ratio: float
    ratio_of_minima: float
    added: float


def take_turns(blocks: Mapping[str, Block], rounds: int) -> dict[str, list[float]]:
    """The seconds of each block in each round.

    The order changes from round to round, so that nobody always follows the same neighbour and
    collects its garbage.
    """
    seconds: dict[str, list[float]] = {name: [] for name in blocks}
    for order, _ in zip(cycle(permutations(blocks)), range(rounds), strict=False):
        for name in order:
            seconds[name].append(blocks[name]())
    return seconds


def figures(seconds: Mapping[str, list[float]], peer: str = MANGUM) -> Figures:
    """What the times of all rounds say."""
    ours, theirs = seconds[ASGI_LAMBDA], seconds[peer]
    return Figures(
        medians={name: median(times) * 1e6 for name, times in seconds.items()},
        ratio=median(our / their for our, their in zip(ours, theirs, strict=True)),
        ratio_of_minima=min(ours) / min(theirs),
        added=median(our - their for our, their in zip(ours, theirs, strict=True)) * 1e6,
    )
