"""The lines that Lambda writes about its invocations, for the gateway's."""

from __future__ import annotations

import math
import resource
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_lambda.local.exchange import Exchange

# What `ru_maxrss` counts in, in bytes.
_UNIT: Final = 1 if sys.platform == "darwin" else 1024
_MEMORY_SIZE: Final = 128


class Report:
    """An observer that writes lines.

    write: one line, without its end. imported: seconds that the import of the function took, which
    is part of its initialisation; None where execution environments tell of theirs.
    """

    def __init__(self, write: Callable[[str], object], imported: float | None = 0.0) -> None:
        self._write = write
        self._imported = imported
        self._init: float | None = None

    def started(self, seconds: float) -> None:
        """The first report has the duration too, as on Lambda."""
        if self._imported is None:
            return
        self._init = self._imported + seconds
        self._write(f"INIT_REPORT Init Duration: {self._init * 1000:.2f} ms\tPhase: init")

    def arrived(self, exchange: Exchange) -> None:
        """Nothing yet: it may never get to the function."""

    def invoked(self, exchange: Exchange) -> None:
        self._write(f"START RequestId: {exchange.id} Version: $LATEST")

    def returned(self, exchange: Exchange) -> None:
        milliseconds = exchange.duration * 1000
        fields = [
            f"REPORT RequestId: {exchange.id}",
            f"Duration: {milliseconds:.2f} ms",
            f"Billed Duration: {math.ceil(milliseconds)} ms",
            f"Memory Size: {_MEMORY_SIZE} MB",
            f"Max Memory Used: {exchange.memory or peak_memory()} MB",
        ]
        init, self._init = exchange.init or self._init, None
        if init is not None:
            fields.append(f"Init Duration: {init * 1000:.2f} ms")
        if exchange.environment is not None:
            fields.append(f"Environment: {exchange.environment}")
        self._write(f"END RequestId: {exchange.id}")
        self._write("\t".join(fields))

    def answered(self, exchange: Exchange) -> None:
        """The request and its answer, in words of HTTP."""
        assert exchange.answer is not None
        asked, answer = f"{exchange.request.method} {exchange.target}", exchange.answer
        self._write(f"{exchange.source} {asked} -> {answer.status}, {answer.size} bytes")


def peak_memory() -> int:
    """MB that this process had at most; the whole of it, not the function alone."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT // 1024**2
