"""What is shown of the results: ratios to the peer, a row each. Knows no way to draw."""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from benchmarks.measure import ASGI_LAMBDA, MANGUM
from benchmarks.runtime.samples import AT_MOST

_INSTANCES: Final = re.compile(r"instances-(?P<app>\w+)-(?P<count>\d+)-(?P<field>.+)")
# The count of Managed Instances that has targets; the others stand beside it.
_MAIN: Final = 32
# Not compared: how many processes there are is known beforehand.
_LEFT_OUT: Final = "processes"


class Point(NamedTuple):
    """A ratio. spread: how far it may be off, to both sides; None where that is not known.

    at_once: how many there were where that makes a difference, else None.
    """

    ratio: float
    spread: tuple[float, float] | None
    at_once: int | None = None


class Row(NamedTuple):
    """One line of a plot; the first point is the one that counts.

    target: as a ratio, None without one. aim: the same as text. met: None without one. values:
    what was measured, the peer's and ours.
    """

    label: str
    points: tuple[Point, ...]
    target: float | None
    aim: str
    met: bool | None
    values: str


class Panel(NamedTuple):
    """Rows under a heading, which says what is better: less or more."""

    heading: str
    rows: tuple[Row, ...]


def of_adapters(found: dict[str, Any]) -> list[Panel]:
    """The panels of `results.json`."""
    rows = [_adapter(case) for case in found["cases"]]
    return [Panel("Time of an import and of calls: less is better", tuple(rows))]


def _adapter(case: dict[str, Any]) -> Row:
    peer = case["peer"]
    label = case["name"] if peer == MANGUM else f"{case['name']} (the peer is asyncio)"
    low, high = sorted((case["ratio"], case["ratio_of_minima"]))
    values = _values(case["median_us"], peer, "us")
    aim = "" if case["target"] is None else _aim(case["target"])
    points = (Point(case["ratio"], (low, high)),)
    return Row(label, points, case["target"], aim, case["met"], values)


def of_runtime(found: dict[str, Any]) -> list[Panel]:
    """The panels of `runtime.json`."""
    compared = [each for each in found["figures"] if each["ratio"] is not None]
    single = [each for each in compared if not _INSTANCES.fullmatch(each["name"])]
    instances = _instances(compared)
    slow = [_row(each["name"], [(None, each)]) for each in single if not _more_is_better(each)]
    fast = [_row(each["name"], [(None, each)]) for each in single if _more_is_better(each)]
    return [
        Panel("One at a time: less is better", tuple(slow)),
        Panel(
            "Managed Instances: less is better", tuple(row for more, row in instances if not more)
        ),
        Panel(
            "Requests per second: more is better",
            (*fast, *(row for more, row in instances if more)),
        ),
    ]


def _instances(figures: list[dict[str, Any]]) -> list[tuple[bool, Row]]:
    """A row for what was measured with each application, and whether more of it is better."""
    # By field, in the order of the results, and then by application.
    found: dict[str, dict[str, list[tuple[int | None, dict[str, Any]]]]] = {}
    for each in figures:
        match = _INSTANCES.fullmatch(each["name"])
        if match and match["field"] != _LEFT_OUT:
            of_field = found.setdefault(match["field"], {})
            of_field.setdefault(match["app"], []).append((int(match["count"]), each))
    rows = []
    for field, of_field in found.items():
        for application, counted in of_field.items():
            counted.sort(key=lambda pair: pair[0] != _MAIN)
            main = counted[0][1]
            rows.append((_more_is_better(main), _row(f"{application}: {field}", counted)))
    return rows


def _row(label: str, figures: list[tuple[int | None, dict[str, Any]]]) -> Row:
    """One row; the first of the figures has the target and the values."""
    main = figures[0][1]
    points = [Point(each["ratio"], _spread(each), at_once) for at_once, each in figures]
    values = _values(main["median"], MANGUM, main["unit"])
    target = main["target"]
    if target is None:
        return Row(label, tuple(points), None, "", main["met"], values)
    limit, aim = target["limit"], _aim(target["limit"], target["kind"])
    if target["absolute"]:
        # As a ratio it is where ours would be with that value.
        limit /= main["median"][MANGUM]
        aim += f" {main['unit']}"
        values += f"; p95 {_values(main['p95'], MANGUM, main['unit'])}"
    return Row(label, tuple(points), limit, aim, main["met"], values)


def _aim(limit: float, kind: str = AT_MOST) -> str:
    sign = "\N{LESS-THAN OR EQUAL TO}" if kind == AT_MOST else "\N{GREATER-THAN OR EQUAL TO}"
    return f"{sign} {limit:g}"


def _spread(figure: dict[str, Any]) -> tuple[float, float] | None:
    quartiles = figure["ratio_quartiles"]
    return None if quartiles is None else (quartiles[0], quartiles[1])


def _more_is_better(figure: dict[str, Any]) -> bool:
    return bool(figure["unit"] == "/s")


def _values(medians: dict[str, float], peer: str, unit: str) -> str:
    theirs, ours = (_number(medians[name]) for name in (peer, ASGI_LAMBDA))
    return f"{theirs} \N{RIGHTWARDS ARROW} {ours} {unit}".rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
