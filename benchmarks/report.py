"""What a run found, as a table and as JSON."""

from __future__ import annotations

import gc
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, NamedTuple

import asgi_lambda
from benchmarks.cases import Case
from benchmarks.measure import ASGI_LAMBDA, FLOOR, Figures

HEADINGS: Final = (
    f"{'case':<26}{'floor':>9}{'peer':>10}{'asgi_lambda':>12}"
    f"{'ratio':>8}{'minima':>8}{'target':>8}\n"
    f"{'':<26}{'us':>9}{'us':>10}{'us':>12}"
)


class Result(NamedTuple):
    """The figures of a case.

    worker_threads: how many its calls used, by contender; None where they were not counted.
    """

    case: Case
    figures: Figures
    rounds: int
    calls: int
    worker_threads: dict[str, int] | None


def verdict(result: Result) -> str:
    """Whether the target is met, "" without one."""
    case, figures = result.case, result.figures
    if case.target is None and case.most_added is None:
        return ""
    met = case.target is None or figures.ratio <= case.target
    met = met and (case.most_added is None or figures.added <= case.most_added)
    return "met" if met else "MISSED"


def line(result: Result) -> str:
    """The result as a line of the table."""
    case, figures = result.case, result.figures
    target = "-" if case.target is None else f"{case.target:.2f}"
    row = (
        f"{case.name:<26}{figures.medians[FLOOR]:>9.1f}{figures.medians[case.peer]:>10.1f}"
        f"{figures.medians[ASGI_LAMBDA]:>12.1f}{figures.ratio:>8.3f}"
        f"{figures.ratio_of_minima:>8.3f}{target:>8} {verdict(result):<7}{case.what}"
    )
    if case.most_added is not None:
        row += f"; added: {figures.added:.0f} us, at most {case.most_added:.0f}"
    if result.worker_threads is not None:
        used = ", ".join(f"{name} {number}" for name, number in result.worker_threads.items())
        row += f"; worker threads: {used}"
    return row


def as_json(results: list[Result], *, quick: bool) -> dict[str, Any]:
    """The run as it is written to a file."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": {
            "asgi_lambda": asgi_lambda.__version__,
            **{
                name: _version(name)
                for name in ("mangum", "fastapi", "starlette", "anyio", "trio", "uvicorn")
            },
        },
        "garbage_collection": gc.isenabled(),
        "load_average": round(os.getloadavg()[0], 1),
        "quick": quick,
        "cases": [_case(result) for result in results],
    }


def _case(result: Result) -> dict[str, Any]:
    case, figures = result.case, result.figures
    found: dict[str, Any] = {
        "name": case.name,
        "what": case.what,
        "peer": case.peer,
        "rounds": result.rounds,
        "calls_per_round": result.calls,
        "median_us": {name: round(each, 2) for name, each in figures.medians.items()},
        "ratio": round(figures.ratio, 4),
        "ratio_of_minima": round(figures.ratio_of_minima, 4),
        "target": case.target,
        "met": {"met": True, "MISSED": False}.get(verdict(result)),
    }
    if case.most_added is not None:
        found |= {"added_us": round(figures.added, 2), "most_added_us": case.most_added}
    if result.worker_threads is not None:
        found["worker_threads"] = result.worker_threads
    return found


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
