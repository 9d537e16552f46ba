"""Managed Instances: many invocations at once, in AWS's emulator."""

from __future__ import annotations

import compileall
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks.measure import ASGI_LAMBDA, MANGUM, take_turns
from benchmarks.runtime import processes
from benchmarks.runtime.clients import CHECKOUT
from benchmarks.runtime.emulators import Emulator
from benchmarks.runtime.functions.hello import GREETING
from benchmarks.runtime.single import event

if TYPE_CHECKING:
    from collections.abc import Callable

    # By figure, and by contender.
    Samples = dict[str, dict[str, list[float]]]

# This package, which asks for the next event only when its answer is taken.
IN_TURN: Final = "asgi_lambda-in-turn"

# Seconds until a client tries again that was refused.
PAUSE: Final = 0.002
_WARM_UP: Final = 0.2  # of the time that is measured


class Observed(NamedTuple):
    """One environment, from its start to its end.

    first, full: seconds to the first answer, and until all invocations at once are taken. memory:
    MiB, PSS of all its processes after the load. cpu: us of the CPU per answered request, of the
    runtime's processes alone. rate: answers per second. refused: the share of the invocations.
    The last two are the same of clients that try again at once.
    """

    first: float
    full: float
    memory: float
    cpu: float
    rate: float
    refused: float
    eager_rate: float
    eager_refused: float
    processes: float


def observe(application: str, count: int, rounds: int, seconds: float) -> Samples:
    """Environments of each contender, one after the other in turns."""
    found: dict[str, list[Observed]] = {name: [] for name in (MANGUM, ASGI_LAMBDA, IN_TURN)}

    def block(contender: str) -> Callable[[], float]:
        def run() -> float:
            found[contender].append(_observe(contender, application, count, seconds))
            return 0.0

        return run

    # The user that runs them there may write nothing.
    for folder in ("asgi_lambda", "benchmarks"):
        compileall.compile_dir(CHECKOUT / folder, quiet=1)
    take_turns({contender: block(contender) for contender in found}, rounds)
    return {
        field: {name: [getattr(each, field) for each in all_] for name, all_ in found.items()}
        for field in Observed._fields
    }


def _observe(contender: str, application: str, count: int, seconds: float) -> Observed:
    hello, hold = event("/hello"), event("/hold")
    began = time.monotonic()
    variables = {"ASGI_LAMBDA_PIPELINE": "0"} if contender == IN_TURN else {}
    name = ASGI_LAMBDA if contender == IN_TURN else contender
    with Emulator(name, application, count, variables) as emulator:
        with emulator.clients(1, GREETING) as client:
            emulator.first_answer(client, hello)
            first = time.monotonic() - began
        # Not before: the emulator closes connections that are idle for long.
        with emulator.clients(count, GREETING) as clients:
            full = emulator.full_strength(clients, hold) - began
            clients.again_and_again(hello, seconds * _WARM_UP, PAUSE)
            pids = processes.descendants(emulator.pid)
            cpu = processes.cpu_seconds(pids)
            counts = clients.again_and_again(hello, seconds, PAUSE)
            cpu = processes.cpu_seconds(pids) - cpu
            eager = clients.again_and_again(hello, seconds)
            memory = processes.proportional(pids)
    return Observed(
        first=first,
        full=full,
        memory=memory,
        cpu=cpu / counts.answered * 1e6,
        rate=counts.answered / counts.seconds,
        refused=counts.refused / (counts.answered + counts.refused),
        eager_rate=eager.answered / eager.seconds,
        eager_refused=eager.refused / (eager.answered + eager.refused),
        processes=len(pids),
    )
