"""What the environment says of how to serve."""

from __future__ import annotations

import os
from typing import Final

from asgi_lambda import environment
from asgi_lambda.errors import ConfigurationError

INVOKE_MODE: Final = "ASGI_LAMBDA_INVOKE_MODE"
IDLE_TIMEOUT: Final = "ASGI_LAMBDA_STREAM_IDLE_TIMEOUT"
PIPELINE: Final = "ASGI_LAMBDA_PIPELINE"
MAX_CONCURRENCY: Final = "AWS_LAMBDA_MAX_CONCURRENCY"
WORKERS: Final = "ASGI_LAMBDA_WORKERS"

_MODES: Final = ("BUFFERED", "RESPONSE_STREAM")


class Settings:
    """The checked variables.

    streams: whether the front doors that can take a stream want one. idle: seconds without a part
    of a stream after which it is given up, None: never. concurrency: how many invocations may be
    under way at once, None: Lambda sends one after the other. pipelines: whether the next one is
    asked for before a result is taken. shares: how many of the invocations at once are for each
    of several processes, and for the only one otherwise.
    """

    __slots__ = ("concurrency", "idle", "pipelines", "shares", "streams")

    def __init__(self) -> None:
        """Raises ConfigurationError."""
        mode = os.environ.get(INVOKE_MODE, "BUFFERED")
        if mode not in _MODES:
            raise _refused(INVOKE_MODE, mode, " or ".join(_MODES))
        self.streams = mode == "RESPONSE_STREAM"
        idle = os.environ.get(IDLE_TIMEOUT)
        self.idle = None if idle is None else _seconds(idle)
        concurrency = os.environ.get(MAX_CONCURRENCY)
        self.concurrency = None if concurrency is None else _count(MAX_CONCURRENCY, concurrency)
        self.shares = _shares(_count(WORKERS, os.environ.get(WORKERS, "1")), self.concurrency)
        pipeline = os.environ.get(PIPELINE, "1")
        if pipeline not in ("0", "1"):
            raise _refused(PIPELINE, pipeline, "0 or 1")
        # Elsewhere the question for the next one is the end of the one before.
        self.pipelines = pipeline == "1" and self.concurrency is not None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise _refused(IDLE_TIMEOUT, text, "a number of seconds greater than 0")
    return seconds


def _count(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise _refused(name, text, "a number greater than 0")
    return int(text)


def _shares(workers: int, concurrency: int | None) -> list[int]:
    """The invocations at once of each process, as even as can be."""
    # One after the other keeps one process busy. A snapshot is of one process too.
    if concurrency is None or environment.takes_snapshot():
        return [concurrency or 1]
    if workers > concurrency:
        raise _refused(WORKERS, str(workers), f"at most {concurrency}, as {MAX_CONCURRENCY}")
    each, more = divmod(concurrency, workers)
    return [each + (number < more) for number in range(workers)]


def _refused(name: str, value: str, accepted: str) -> ConfigurationError:
    return ConfigurationError(f"{name}: expected {accepted}, got {value!r}")
