"""What a suite of benchmarks is for the command: cases by name, and a run of some of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Suite(NamedTuple):
    """One table and one file of results.

    cases: their names. needed: modules that have to be there. file: where a whole run is kept.
    prevents: why these cases cannot be run here, None where they can. run: measures these cases,
    prints the table, and returns what is written to the file; its second argument: whether it is a
    trial.
    """

    name: str
    cases: tuple[str, ...]
    needed: tuple[str, ...]
    file: Path
    prevents: Callable[[Sequence[str]], str | None]
    run: Callable[[Sequence[str], bool], dict[str, Any]]
