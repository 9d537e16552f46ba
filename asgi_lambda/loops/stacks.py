"""Where suspended coroutines wait; imported when one of them hangs.

Knows no async library: coroutines, generators and asynchronous generators are Python's own.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST: Final = 20


def describe(tasks: Iterable[tuple[str, Any]]) -> str:
    """The stacks of tasks, given as names and coroutines; innermost call last."""
    return "\n".join(
        f"Task {name}:\n{''.join(traceback.format_list(_waits(coroutine)))}"
        for name, coroutine in list(tasks)[:_MOST]
    )


def _waits(awaited: Any) -> list[traceback.FrameSummary]:
    frames = []
    while awaited is not None:
        for kind in ("cr", "gi", "ag"):
            frame = getattr(awaited, f"{kind}_frame", None)
            if frame is not None:
                code = frame.f_code
                frames.append(
                    traceback.FrameSummary(code.co_filename, frame.f_lineno, code.co_name)
                )
        awaited = next(
            (
                inner
                for name in ("cr_await", "gi_yieldfrom", "ag_await")
                if (inner := getattr(awaited, name, None)) is not None
            ),
            None,
        )
    return frames
