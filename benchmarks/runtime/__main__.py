"""The command: `python -m benchmarks.runtime [--only NAME] [--quick] [--json FILE]`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from benchmarks.runtime import report
from benchmarks.runtime.cases import CASES, Case
from benchmarks.runtime.machine import Noise

_RESULTS: Final = Path(__file__).parent.parent / "runtime.json"
_NEEDED: Final = ("mangum", "fastapi", "awslambdaric")


def main() -> None:
    """Measure, print, and write the results of a whole run."""
    arguments, cases = _arguments()
    noise, figures = Noise(), []
    print(report.HEADINGS)
    for case in cases:
        noise.listen()
        for figure in case.measure(arguments.quick):
            figures.append(figure)
            print(report.line(figure), flush=True)
    missed = [figure.name for figure in figures if figure.met is False]
    print(f"Noise: {json.dumps(noise.found())}")
    print(f"Targets missed: {', '.join(missed) or 'none'}")
    whole = not (arguments.only or arguments.quick)
    file = arguments.json or (_RESULTS if whole else None)
    if file is not None:
        found = report.as_json(figures, noise, quick=arguments.quick)
        file.write_text(json.dumps(found, indent=2) + "\n")


def _arguments() -> tuple[argparse.Namespace, list[Case]]:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.runtime",
        description="Compares Mangum on AWS's runtime client with this package on its own.",
    )
    parser.add_argument(
        "--only", metavar="NAME", action="append", help="a case, or a pattern as 'instances-*'"
    )
    parser.add_argument("--quick", action="store_true", help="a trial of each case; no figures")
    parser.add_argument(
        "--json",
        metavar="FILE",
        type=Path,
        help="where to write the results; a whole run writes benchmarks/runtime.json otherwise",
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
    if sys.platform != "linux":
        parser.error(f"expected Linux, got {sys.platform}")
    if os.geteuid() and any(case.name.startswith("instances-") for case in cases):
        parser.error("expected root, for a mount namespace; or --only without instances-*")
    return arguments, cases


if __name__ == "__main__":
    main()
