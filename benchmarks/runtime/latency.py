"""What is on its way before an application has ended: first bytes, and whole responses."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from benchmarks.measure import ASGI_LAMBDA, MANGUM, take_turns
from benchmarks.runtime.single import client, event

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.runtime.api import RuntimeAPI
    from benchmarks.runtime.requests import Request

    Arrival = Callable[[Request, bytes], int]

# What the applications write: ns of the clock that all processes share.
_MARK: Final = re.compile(rb"<(\d{20})>")
_WARM_UP: Final = 5


def latencies(
    application: str, rounds: int, arrival: Arrival, *, streamed: bool = False
) -> dict[str, list[float]]:
    """Milliseconds from the application's handing something over to its arrival."""
    with ExitStack() as started:
        blocks = {}
        for contender in (MANGUM, ASGI_LAMBDA):
            given = started.enter_context(client(contender, application, streamed=streamed))
            blocks[contender] = _block(given[0], arrival)
            for _ in range(min(_WARM_UP, rounds)):
                blocks[contender]()
        return take_turns(blocks, rounds)


def _block(api: RuntimeAPI, arrival: Arrival) -> Callable[[], float]:
    handed_out = event()

    def run() -> float:
        answer = api.turn(handed_out)
        mark = _MARK.search(answer.body)
        if mark is None:
            raise RuntimeError(f"expected a time, got {answer.body!r}")
        return (arrival(answer, mark[0]) - int(mark[1])) / 1e6

    return run


def of_the_mark(answer: Request, mark: bytes) -> int:
    """When the first part of the body was there, in which the application wrote the time."""
    body = b""
    for at, piece in answer.pieces:
        body += piece
        if mark in body:
            return at
    raise RuntimeError("expected the mark in the body")


def of_the_end(answer: Request, _: bytes) -> int:
    """When the whole answer was there."""
    return answer.whole_at
