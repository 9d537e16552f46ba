"""The command: `python -m benchmarks [SUITE] [--only NAME] [--quick] [--into FOLDER]`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from benchmarks.adapters import ADAPTERS
from benchmarks.runtime.suite import RUNTIME
from benchmarks.suite import Suite

SUITES: Final = (ADAPTERS, RUNTIME)


def main() -> None:
    """Measure, print, and write the results of a whole run."""
    arguments, chosen = _arguments()
    # What is kept is whole.
    keeps = not (arguments.only or arguments.quick)
    for suite, names in chosen:
        found = suite.run(names, arguments.quick)
        if arguments.into is not None:
            file = arguments.into / suite.file.name
        elif keeps:
            file = suite.file
        else:
            continue
        file.write_text(json.dumps(found, indent=2) + "\n")


def _arguments() -> tuple[argparse.Namespace, list[tuple[Suite, Sequence[str]]]]:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Compares asgi_lambda with Mangum and others, in turns: the adapters, and "
        "under AWS's runtime client and ours.",
    )
    parser.add_argument(
        "suite",
        metavar="SUITE",
        nargs="?",
        choices=[suite.name for suite in SUITES],
        help=f"{' or '.join(suite.name for suite in SUITES)}; both without it",
    )
    parser.add_argument(
        "--only", metavar="NAME", action="append", help="a case, or a pattern as 'fastapi-*'"
    )
    parser.add_argument("--quick", action="store_true", help="a trial of each case; no figures")
    parser.add_argument(
        "--into",
        metavar="FOLDER",
        type=Path,
        help="where to write the results; whole runs write into benchmarks otherwise",
    )
    arguments = parser.parse_args()
    suites = [suite for suite in SUITES if arguments.suite in (None, suite.name)]
    chosen = _chosen(parser, suites, arguments.only or ["*"])
    for suite, names in chosen:
        missing = [name for name in suite.needed if find_spec(name) is None]
        if missing:
            parser.error(f"not installed: {', '.join(missing)}; pip install 'asgi-lambda[bench]'")
        if (why := suite.prevents(names)) is not None:
            parser.error(why)
    return arguments, chosen


def _chosen(
    parser: argparse.ArgumentParser, suites: Sequence[Suite], patterns: Sequence[str]
) -> list[tuple[Suite, Sequence[str]]]:
    """The suites of which a case is asked for, and those cases."""
    for pattern in patterns:
        known = [name for suite in suites for name in suite.cases]
        if not any(fnmatchcase(name, pattern) for name in known):
            parser.error(f"--only: expected one of {', '.join(known)}, got {pattern!r}")
    chosen: list[tuple[Suite, Sequence[str]]] = []
    for suite in suites:
        names = [name for name in suite.cases if any(fnmatchcase(name, each) for each in patterns)]
        if names:
            chosen.append((suite, names))
    return chosen


if __name__ == "__main__":
    main()
