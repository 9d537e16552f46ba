"""The suite of the adapters: the time that a call, an import and a first answer take."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks import report
from benchmarks.cases import CASES, Case
from benchmarks.measure import figures, take_turns
from benchmarks.suite import Suite

_QUICK_ROUNDS: Final = 2
_QUICK_CALLS: Final = 3


def run(names: Sequence[str], quick: bool) -> dict[str, Any]:
    """Measure these cases, print the table, and return the results."""
    results = []
    print(report.HEADINGS)
    for case in CASES:
        if case.name in names:
            results.append(_measure(case, quick=quick))
            print(report.line(results[-1]), flush=True)
    missed = [result.case.name for result in results if report.verdict(result) == "MISSED"]
    print(f"Targets missed: {', '.join(missed) or 'none'}")
    return report.as_json(results, quick=quick)


def _measure(case: Case, *, quick: bool) -> report.Result:
    rounds = _QUICK_ROUNDS if quick else case.rounds
    calls = min(case.calls, _QUICK_CALLS) if quick else case.calls
    with case.blocks(calls) as blocks:
        found = figures(take_turns(blocks, rounds), case.peer)
    threads = case.threads() if case.threads is not None else None
    return report.Result(case, found, rounds, calls, threads)


ADAPTERS: Final = Suite(
    name="adapters",
    cases=tuple(case.name for case in CASES),
    needed=("mangum", "fastapi", "trio", "uvicorn"),
    file=Path(__file__).parent / "results.json",
    prevents=lambda _: None,
    run=run,
)
