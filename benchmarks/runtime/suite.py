"""The suite of the runtime: AWS's client with Mangum, and ours."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.runtime import report
from benchmarks.runtime.cases import CASES
from benchmarks.runtime.machine import Noise
from benchmarks.suite import Suite


def run(names: Sequence[str], quick: bool) -> dict[str, Any]:
    """Measure these cases, print the table, and return the results."""
    noise, figures = Noise(), []
    print(report.HEADINGS)
    for case in CASES:
        if case.name in names:
            noise.listen()
            for figure in case.measure(quick):
                figures.append(figure)
                print(report.line(figure), flush=True)
    missed = [figure.name for figure in figures if figure.met is False]
    print(f"Noise: {json.dumps(noise.found())}")
    print(f"Targets missed: {', '.join(missed) or 'none'}")
    return report.as_json(figures, noise, quick=quick)


def prevents(names: Sequence[str]) -> str | None:
    """Why these cases cannot be run here."""
    if sys.platform != "linux":
        return f"expected Linux, got {sys.platform}"
    if os.geteuid() and any(name.startswith("instances-") for name in names):
        return "expected root, for a mount namespace; or --only without instances-*"
    return None


RUNTIME: Final = Suite(
    name="runtime",
    cases=tuple(case.name for case in CASES),
    needed=("mangum", "fastapi", "awslambdaric"),
    file=Path(__file__).parent.parent / "runtime.json",
    prevents=prevents,
    run=run,
)
