"""What a large streamed response takes of memory. The peer cannot answer it at all."""

from __future__ import annotations

from benchmarks.measure import ASGI_LAMBDA
from benchmarks.runtime import processes
from benchmarks.runtime.functions import huge
from benchmarks.runtime.single import client, event


def growth(rounds: int) -> dict[str, list[float]]:
    """MiB by which the process grows while it streams 200 MB; a new process for each round."""
    return {ASGI_LAMBDA: [_growth() for _ in range(rounds)]}


def _growth() -> float:
    with client(ASGI_LAMBDA, "huge", streamed=True) as (api, process):
        processes.forget_peak(process.pid)
        before = processes.resident(process.pid)
        answer = api.turn(event())
        after = processes.peak(process.pid)
    if answer.size <= huge.SIZE:
        raise RuntimeError(f"expected more than {huge.SIZE} bytes, got {answer.size}")
    return after - before
