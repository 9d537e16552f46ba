"""The command: `python -m benchmarks [--only NAME] [--quick] [--json FILE]`."""

from __future__ import annotations

import argparse
import json
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from benchmarks import report
from benchmarks.cases import CASES, Case
from benchmarks.measure import figures, take_turns

_RESULTS: Final = Path(__file__).parent / "results.json"
_NEEDED: Final = ("mangum", "fastapi", "trio")
_QUICK_ROUNDS: Final = 2
_QUICK_CALLS: Final = 3


def main() -> None:
    """Measure, print, and write the results of a whole run."""
    arguments, cases = _arguments()
    results = []
    print(report.HEADINGS)
    for case in cases:
        result = _measure(case, quick=arguments.quick)
        results.append(result)
        print(report.line(result), flush=True)
    missed = [result.case.name for result in results if report.verdict(result) == "MISSED"]
    print(f"Targets missed: {', '.join(missed) or 'none'}")
    whole = not (arguments.only or arguments.quick)
    file = arguments.json or (_RESULTS if whole else None)
    if file is not None:
        found = report.as_json(results, quick=arguments.quick)
        file.write_text(json.dumps(found, indent=2) + "\n")


def _measure(case: Case, *, quick: bool) -> report.Result:
    rounds = _QUICK_ROUNDS if quick else case.rounds
    calls = min(case.calls, _QUICK_CALLS) if quick else case.calls
    with case.blocks(calls) as blocks:
        found = figures(take_turns(blocks, rounds), case.peer)
    threads = case.threads() if case.threads is not None else None
    return report.Result(case, found, rounds, calls, threads)


def _arguments() -> tuple[argparse.Namespace, list[Case]]:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Compares Mangum and asgi_lambda, in turns."
    )
    parser.add_argument(
        "--only", metavar="NAME", action="append", help="a case, or a pattern as 'fastapi-*'"
    )
    parser.add_argument("--quick", action="store_true", help="a trial of each case; no figures")
    parser.add_argument(
        "--json",
        metavar="FILE",
        type=Path,
        help="where to write the results; a whole run writes benchmarks/results.json otherwise",
    )
    arguments = parser.parse_args()
    patterns = arguments.only or ["*"]
    cases = [case for case in CASES if any(fnmatchcase(case.name, each) for each in patterns)]
    for pattern in patterns:
        if not any(fnmatchcase(case.name, pattern) for case in CASES):
            names = ", ".join(case.name for case in CASES)
            parser.error(f"--only: expected one of {names}, got {pattern!r}")
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        parser.error(f"not installed: {', '.join(missing)}; pip install 'asgi-lambda[bench]'")
    return arguments, cases


if __name__ == "__main__":
    main()
