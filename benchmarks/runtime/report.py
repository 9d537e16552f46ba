"""What a run found, as a table and as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import asgi_lambda
from benchmarks.measure import ASGI_LAMBDA, FLOOR, MANGUM
from benchmarks.runtime import machine
from benchmarks.runtime.samples import AT_MOST, Figure

if TYPE_CHECKING:
    from benchmarks.runtime.machine import Noise

HEADINGS: Final = (
    f"{'figure':<42}{'unit':>5}{'floor':>9}{'peer':>10}{'asgi_lambda':>12}"
    f"{'ratio':>8}{'quartiles':>14}{'target':>11}"
)
_PACKAGES: Final = ("mangum", "awslambdaric", "fastapi", "starlette", "anyio")


def line(figure: Figure) -> str:
    """The figure as a line of the table."""
    medians = figure.medians
    values = (_number(medians.get(name)) for name in (FLOOR, MANGUM, ASGI_LAMBDA))
    floor, peer, ours = values
    ratio = "-" if figure.ratio is None else f"{figure.ratio:.3f}"
    spread = "-" if figure.spread is None else "{:.3f}-{:.3f}".format(*figure.spread)
    row = (
        f"{figure.name:<42}{figure.unit:>5}{floor:>9}{peer:>10}{ours:>12}"
        f"{ratio:>8}{spread:>14}{_target(figure):>11} {verdict(figure):<7}{figure.what}"
    )
    if figure.p95:
        slow = (f"{name} {_number(each)}" for name, each in figure.percentiles.items())
        row += f"; p95: {', '.join(slow)}"
    return row


def verdict(figure: Figure) -> str:
    """Whether the aim is reached, "" without one."""
    return {None: "", True: "met", False: "MISSED"}[figure.met]


def as_json(figures: list[Figure], noise: Noise, *, quick: bool) -> dict[str, Any]:
    """The run as it is written to a file."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        **machine.described(),
        "versions": {
            "asgi_lambda": asgi_lambda.__version__,
            **{name: version(name) for name in _PACKAGES},
        },
        "noise": noise.found(),
        "quick": quick,
        "figures": [_figure(each) for each in figures],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    aim = figure.aim
    found: dict[str, Any] = {
        "name": figure.name,
        "what": figure.what,
        "unit": figure.unit,
        "rounds": len(figure.samples[ASGI_LAMBDA]),
        "median": _rounded(figure.medians),
        "p95": _rounded(figure.percentiles),
        "ratio": None if figure.ratio is None else round(figure.ratio, 4),
        "ratio_quartiles": None if figure.spread is None else [round(e, 4) for e in figure.spread],
        "target": None if aim is None else aim._asdict(),
        "met": figure.met,
    }
    return found


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.5g}") for name, value in values.items()}


def _target(figure: Figure) -> str:
    if figure.aim is None:
        return "-"
    sign = "<=" if figure.aim.kind == AT_MOST else ">="
    unit = figure.unit if figure.aim.absolute else ""
    return f"{sign}{figure.aim.limit:.2f}{unit}"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 1000 else f"{value:.1f}" if value >= 10 else f"{value:.3f}"
