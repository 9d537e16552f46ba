"""Errors as Lambda and its consoles know them: their JSON, their lines in the log, X-Ray's cause.

Source: AWS's Python runtime client, whose output these have to the letter.
"""

from __future__ import annotations

import os
import traceback
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from traceback import FrameSummary

_OURS: Final = os.path.dirname(os.path.dirname(__file__))
# An indented line as the log groups it with the one before.
_NO_BREAK_SPACE: Final = "\N{NO-BREAK SPACE}"


class Fault(Exception):
    """What went wrong in the function's set-up, or with what it returned.

    kind: Lambda's name for it, as "Runtime.ImportModuleError".
    """

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.trace = trace or []


class Failure:
    """An exception, ready to be reported.

    result: what the caller gets as JSON. cause: what X-Ray gets.
    """

    __slots__ = ("cause", "result")

    def __init__(self, error: BaseException, request_id: str = "") -> None:
        frames: list[FrameSummary] = []
        if isinstance(error, Fault):
            kind, trace = error.kind, error.trace
            cause = "LambdaValidationError"
        else:
            kind = cause = type(error).__name__
            frames = _frames_of_the_function(error)
            trace = traceback.format_list(
                [(f.filename, f.lineno or 0, f.name, f.line) for f in frames]
            )
        message = _text(error)
        self.result: dict[str, Any] = {
            "errorMessage": message,
            "errorType": kind,
            "requestId": request_id,
            "stackTrace": trace,
        }
        self.cause: dict[str, Any] = {
            "working_directory": os.getcwd(),
            "exceptions": [
                {
                    "message": message,
                    "type": cause,
                    "stack": [
                        {"label": f.name, "path": f.filename, "line": f.lineno} for f in frames
                    ],
                }
            ],
            "paths": list({f.filename for f in frames}),
        }


def lines(failure: Mapping[str, Any]) -> list[str]:
    """The lines that a text log has of a failure, which is as JSON has it."""
    kind, message = failure["errorType"], failure["errorMessage"]
    first = f"[ERROR] {kind}: {message}" if message else f"[ERROR] {kind}"
    lines = [first, "Traceback (most recent call last):"]
    for entry in failure["stackTrace"]:
        for line in entry.splitlines() or [""]:
            text = line.lstrip(" ")
            lines.append(_NO_BREAK_SPACE * (len(line) - len(text)) + text)
    return lines


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # of a method of the function: its failure shall not be ours
        return f"<{type(error).__name__} that cannot be shown>"


def _frames_of_the_function(error: BaseException) -> list[FrameSummary]:
    """The frames of a traceback from the first one that is not of this package."""
    frames = list(traceback.extract_tb(error.__traceback__))
    for number, frame in enumerate(frames):
        if not frame.filename.startswith(_OURS):
            return frames[number:]
    return frames
