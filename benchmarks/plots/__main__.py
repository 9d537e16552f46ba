"""The command: `python -m benchmarks.plots` draws what the last whole run wrote."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.plots import rows

if TYPE_CHECKING:
    from benchmarks.plots.rows import Panel

_FOLDER: Final = Path(__file__).parent.parent
DOCS: Final = _FOLDER.parent / "docs"
# Of each file of results: what is shown of it, and where.
PLOTS: Final[dict[Path, tuple[Callable[[dict[str, Any]], list[Panel]], Path]]] = {
    _FOLDER / "results.json": (rows.of_adapters, DOCS / "benchmarks-adapters.svg"),
    _FOLDER / "runtime.json": (rows.of_runtime, DOCS / "benchmarks-runtime.svg"),
}


def main() -> None:
    """Write every plot."""
    if find_spec("matplotlib") is None:
        sys.exit("not installed: matplotlib; pip install 'asgi-lambda[bench]'")
    for results, (_, file) in PLOTS.items():
        file.write_text(picture(results))
        print(f"{file} of {results}")


def picture(results: Path) -> str:
    """The plot of a file of results, as SVG."""
    # Only here, so that a stamp is read without it.
    from benchmarks.plots.draw import svg

    found = json.loads(results.read_text())
    panels, _ = PLOTS[results]
    return svg(panels(found), caption(found), stamp(results))


def stamp(results: Path) -> str:
    """What says of which results a plot is."""
    return f"{results.name} sha256:{hashlib.sha256(results.read_bytes()).hexdigest()}"


def caption(found: dict[str, Any]) -> str:
    """How to read it, and what was measured where."""
    lines = [
        "Ours by the peer's, which is the line at 1. The bar is how far the rounds disagree, the "
        "upright stroke the target, a cross a target that was missed.",
        "A ratio is the median over the rounds, not that of the medians.",
        f"{found['date']}. Python {found['python']} on {found['machine']}.",
        ", ".join(f"{name} {each}" for name, each in found["versions"].items() if each),
    ]
    if "noise" in found:
        work = found["noise"]["work_ms"]
        lines[1] += " Of Managed Instances the large dot is 32 at once, the small ones 8 and 64."
        lines[2] += (
            f" {found['cpus']} processors. The same work took {work['fastest']} to {work['p95']} "
            "ms meanwhile: where these are far apart, the machine had other work too."
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
