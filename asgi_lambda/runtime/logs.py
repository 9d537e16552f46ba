"""Where `print` and `logging` go, in the form that the function's log configuration asks for.

Source: AWS's Python runtime client, whose output this has to the letter; the Lambda guide, "Using
Lambda advanced logging controls with Python".
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any, Final, TextIO

from asgi_lambda.runtime import errors
from asgi_lambda.runtime.context import identify
from asgi_lambda.runtime.marshal import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TEXT: Final = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
_TIME: Final = "%Y-%m-%dT%H:%M:%S"
_TIME_Z: Final = "%Y-%m-%dT%H:%M:%SZ"
# The kind of a frame has the format and the level in its last byte.
_JSON_FRAME: Final = 0xA55A0002
_TEXT_FRAME: Final = 0xA55A0003
_LEVEL_BITS: Final = {10: 8, 20: 12, 30: 16, 40: 20, 50: 24}
# What a record has besides the attributes that the function gave it.
_OWN: Final = {
    *logging.makeLogRecord({}).__dict__,
    "aws_request_id",
    "tenant_id",
    "_frame_type",
} - {"taskName"}


class StandardOutput:
    """The log as lines of standard output."""

    def log(self, text: str, frame_type: int | None = None) -> None:
        sys.stdout.write(text)

    def log_error(self, lines: list[str], frame_type: int) -> None:
        # Lambda makes one message of lines that end so.
        sys.stdout.write("\r".join(lines) + "\n")


class Telemetry:
    """The log as frames, each with its kind, its length and its time."""

    def __init__(self, descriptor: int) -> None:
        self._file = os.fdopen(descriptor, "wb", 0)

    def log(self, text: str, frame_type: int | None = None) -> None:
        data = text.encode()
        head = (frame_type or _TEXT_FRAME).to_bytes(4, "big") + len(data).to_bytes(4, "big")
        self._file.write(head + (time.time_ns() // 1000).to_bytes(8, "big") + data)

    def log_error(self, lines: list[str], frame_type: int) -> None:
        self.log("\n".join(lines), frame_type)


Sink = StandardOutput | Telemetry


class Log:
    """The log of this process: formats, level and sink as the environment says.

    What is asked of logging's root logger, and of standard output, is asked for the process.
    """

    def __init__(self) -> None:
        self.is_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
        level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
        self._level = "DEBUG" if level == "TRACE" else level
        descriptor = os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD", None)
        self.sink: Sink = StandardOutput() if descriptor is None else Telemetry(int(descriptor))

    def set_up(self) -> None:
        """Write at once what is printed, and let the root logger write here."""
        sys.stdout, sys.stderr = Unbuffered(sys.stdout), Unbuffered(sys.stderr)
        logging.Formatter.converter = time.gmtime
        framed = self.is_json or self._level
        handler = (LambdaLoggerHandlerWithFrameType if framed else LambdaLoggerHandler)(self.sink)
        handler.setFormatter(JsonFormatter() if self.is_json else logging.Formatter(_TEXT, _TIME))
        handler.addFilter(identify)
        logger = logging.getLogger()
        if self._level in logging.getLevelNamesMapping():
            logger.setLevel(self._level)
        logger.addHandler(handler)

    def report(self, failure: Mapping[str, Any]) -> None:
        """Write an error of the function, which is as JSON has it."""
        if self.is_json:
            now = time.strftime(_TIME_Z, time.gmtime())
            text = to_json({"timestamp": now, "level": "ERROR", **failure})
            self.sink.log_error([text], _frame_type(_JSON_FRAME, logging.ERROR))
        else:
            self.sink.log_error(errors.lines(failure), _frame_type(_TEXT_FRAME, logging.ERROR))


class Unbuffered:
    """A stream that keeps nothing back: the process may be frozen at any time."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        written = self._stream.write(text)
        self._stream.flush()
        return written

    def writelines(self, lines: Iterable[str]) -> None:
        self._stream.writelines(lines)
        self._stream.flush()


class LambdaLoggerHandler(logging.Handler):
    """The handler of the root logger; tools look for it by this name, and for `log_sink`."""

    def __init__(self, log_sink: Sink) -> None:
        super().__init__()
        self.log_sink = log_sink

    def emit(self, record: logging.LogRecord) -> None:
        self.log_sink.log(self.format(record))


class LambdaLoggerHandlerWithFrameType(LambdaLoggerHandler):
    """The same, where the level goes with the text."""

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        frame_type: int | None = getattr(record, "_frame_type", None)
        self.log_sink.log(text, frame_type or _frame_type(_TEXT_FRAME, _level(record)))


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON."""

    def __init__(self) -> None:
        super().__init__(datefmt=_TIME_Z)

    def format(self, record: logging.LogRecord) -> str:
        record.levelno = _level(record)
        record.levelname = logging.getLevelName(record.levelno)
        record._frame_type = _frame_type(_JSON_FRAME, record.levelno)
        structured = isinstance(record.msg, dict) and not record.args
        fields = {
            "timestamp": self.formatTime(record, self.datefmt),
            "level": record.levelname,
            "message": record.msg if structured else record.getMessage(),
            "logger": record.name,
            **_error(record),
            "tenantId": getattr(record, "tenant_id", None),
        }
        for name, value in record.__dict__.items():
            if name not in _OWN and name not in fields:
                fields[name] = value
        present = {name: value for name, value in fields.items() if value is not None}
        return json.dumps(present, ensure_ascii=False, default=str) + "\n"


def _error(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = {"stackTrace": None, "errorType": None, "errorMessage": None}
    if record.exc_info:
        kind, error, trace = record.exc_info
        fields["stackTrace"] = traceback.format_tb(trace)
        fields["errorType"] = None if kind is None else kind.__name__
        fields["errorMessage"] = str(error)
    fields["requestId"] = getattr(record, "aws_request_id", None)
    if record.exc_info:
        fields["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
    return fields


def _level(record: logging.LogRecord) -> int:
    return min(50, max(0, record.levelno)) // 10 * 10


def _frame_type(base: int, level: int) -> int:
    return base + _LEVEL_BITS.get(level, 0)
