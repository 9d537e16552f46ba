"""All cases: what is measured, how often, and what is aimed at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks.measure import ASGI_LAMBDA, MANGUM, take_turns
from benchmarks.runtime import growth, instances, latency, single
from benchmarks.runtime.emulators import turns_in_the_emulator
from benchmarks.runtime.samples import AT_LEAST, Aim, Figure

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    Blocks = Callable[[int], AbstractContextManager[Any]]

_COUNTS: Final = (8, 32, 64)
_TRIAL: Final = 2
# Rounds of Managed Instances, each with a new environment of each contender.
_ENVIRONMENTS: Final = 3
# Figure of `instances.Observed`: what it is, its unit, and the aim at 32.
_OBSERVED: Final = {
    "first": ("start to first answer", "s", None),
    "full": ("start to full strength", "s", Aim(0.20)),
    "memory": ("memory of all processes, PSS", "MiB", Aim(0.06)),
    "cpu": ("CPU per request", "us", Aim(0.50)),
    "rate": ("requests per second", "/s", Aim(0.97, AT_LEAST)),
    "refused": ("share that is refused", "", Aim(0.35)),
    "eager_rate": ("requests per second, refused try again at once", "/s", Aim(0.97, AT_LEAST)),
    "eager_refused": ("share that is refused, the same", "", Aim(0.35)),
    "processes": ("processes", "", None),
}


class Case(NamedTuple):
    """A measurement, which yields one figure or several; its argument: whether it is a trial."""

    name: str
    measure: Callable[[bool], list[Figure]]


def _blocks(
    name: str, what: str, aim: Aim | None, blocks: Blocks, *, calls: int = 1, rounds: int
) -> Case:
    """A case of blocks that take turns, in units that suit it."""
    unit, of_seconds = _UNITS[name.partition("-")[0]]

    def measure(trial: bool) -> list[Figure]:
        with blocks(min(calls, 3) if trial else calls) as contenders:
            seconds = take_turns(contenders, _TRIAL if trial else rounds)
        samples = {each: list(map(of_seconds, times)) for each, times in seconds.items()}
        return [Figure(name, what, unit, samples, aim)]

    return Case(name, measure)


_UNITS: Final[dict[str, tuple[str, Callable[[float], float]]]] = {
    "turn": ("us", lambda seconds: seconds * 1e6),
    "start": ("ms", lambda seconds: seconds * 1e3),
    "large": ("ms", lambda seconds: seconds * 1e3),
    "emulator": ("/s", lambda seconds: 1 / seconds),
}


def _latency(name: str, what: str, measure: Callable[[int], dict[str, list[float]]]) -> Case:
    def figure(trial: bool) -> list[Figure]:
        samples = measure(_TRIAL if trial else 200)
        return [Figure(name, what, "ms", samples, Aim(1.0, absolute=True), p95=True)]

    return Case(name, figure)


def _growth(trial: bool) -> list[Figure]:
    what = "growth by a response of 200 MB, streamed"
    samples = growth.growth(1 if trial else 5)
    return [Figure("growth", what, "MiB", samples, Aim(20.0, absolute=True))]


def _instances(application: str, label: str, count: int) -> Case:
    case = f"instances-{label}-{count}"

    def measure(trial: bool) -> list[Figure]:
        at_once, rounds, seconds = (2, 1, 0.1) if trial else (count, _ENVIRONMENTS, 1.5)
        found = instances.observe(application, at_once, rounds, seconds)
        return [*_observed(case, found, count), *_in_turn(case, found, count)]

    return Case(case, measure)


def _observed(case: str, found: instances.Samples, count: int) -> list[Figure]:
    figures = []
    for field, (what, unit, aim) in _OBSERVED.items():
        samples = {name: found[field][name] for name in (MANGUM, ASGI_LAMBDA)}
        name = f"{case}-{field.replace('_', '-')}"
        figures.append(Figure(name, what, unit, samples, aim if count == 32 else None))
    return figures


def _in_turn(case: str, found: instances.Samples, count: int) -> list[Figure]:
    """The figures that the question ahead of a result changes, without it."""
    figures = []
    for each in _observed(f"{case}-in-turn", found, count):
        field = each.name.removeprefix(f"{case}-in-turn-").replace("-", "_")
        if field in ("cpu", "rate", "refused"):
            samples = {**each.samples, ASGI_LAMBDA: found[field][instances.IN_TURN]}
            figures.append(each._replace(samples=samples, what=f"{each.what}, one after the other"))
    return figures


CASES: Final = (
    _blocks(
        "turn", "one event, hello", Aim(0.50), single.hello_turns("hello"), calls=100, rounds=101
    ),
    _blocks(
        "turn-fastapi",
        "one event, FastAPI",
        None,
        single.hello_turns("fastapi_hello"),
        calls=50,
        rounds=51,
    ),
    _blocks("start", "new process to /next, hello", Aim(0.90), single.starts("hello"), rounds=45),
    _blocks("start-fastapi", "the same, FastAPI", None, single.starts("fastapi_hello"), rounds=15),
    _blocks(
        "emulator",
        "requests per second in AWS's emulator",
        Aim(1.10, AT_LEAST),
        turns_in_the_emulator,
        calls=100,
        rounds=51,
    ),
    _blocks(
        "large-buffered",
        "4.4 MB, binary",
        Aim(0.45),
        single.large_turns(streamed=False),
        calls=2,
        rounds=41,
    ),
    _blocks(
        "large-streamed",
        "4.4 MB, binary; the peer buffers",
        Aim(0.18),
        single.large_turns(streamed=True),
        calls=2,
        rounds=41,
    ),
    _latency(
        "first-byte",
        "first part of a body to its arrival; the rest takes 90 ms",
        partial(latency.latencies, "chunks", arrival=latency.of_the_mark, streamed=True),
    ),
    _latency(
        "background",
        "response to its arrival; 30 ms of work follow it",
        partial(latency.latencies, "background", arrival=latency.of_the_end),
    ),
    Case("growth", _growth),
    *(
        _instances(application, label, count)
        for application, label in (("hello", "hello"), ("fastapi_hello", "fastapi"))
        for count in _COUNTS
    ),
)
