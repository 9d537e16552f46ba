"""AWS's emulator with a runtime client under it, in both of its modes. Many at once take root."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from benchmarks.runtime.clients import (
    HANDLERS,
    LIKE_LAMBDA,
    MODULES,
    Process,
    command,
    environment,
)
from benchmarks.runtime.functions.hello import GREETING
from benchmarks.runtime.load import Clients, Refused
from benchmarks.runtime.single import CONTENDERS, event
from tests.emulator.binary import fetch
from tests.emulator.emulator import free_ports
from tests.emulator.lambda_paths import with_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Block

_PATIENCE: Final = 120.0
_PAUSE: Final = 0.005
NOTHING: Final[Mapping[str, str]] = {}


class Emulator(Process):
    """The emulator, which has begun to start.

    count: invocations at once, None: its standard mode. variables: more of the environment.
    """

    def __init__(
        self,
        contender: str,
        application: str,
        count: int | None,
        variables: Mapping[str, str] = NOTHING,
    ) -> None:
        self.port, runtime_port = free_ports()
        emulator = [
            *(str(fetch()), "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}"),
            *("--runtime-api-address", f"127.0.0.1:{runtime_port}"),
        ]
        variables = {**LIKE_LAMBDA, **variables}
        if count is None:
            emulator += command(contender)
        else:
            emulator += ["bootstrap", HANDLERS[contender]]
            emulator, places = with_client(emulator, MODULES[contender])
            variables |= {**places, "AWS_LAMBDA_MAX_CONCURRENCY": str(count)}
        super().__init__(emulator, environment(application, variables))

    def clients(self, count: int, content: bytes) -> Clients:
        """Clients, as soon as it takes connections."""
        give_up = time.monotonic() + _PATIENCE
        while True:
            try:
                return Clients(self.port, count, content)
            except ConnectionRefusedError:
                self._wait_until(give_up)

    def first_answer(self, clients: Clients, event: bytes) -> None:
        """Invoke the function until it is ready to answer."""
        give_up = time.monotonic() + _PATIENCE
        while True:
            try:
                clients.invoke(event)
            except Refused:
                self._wait_until(give_up)
            else:
                return

    def full_strength(self, clients: Clients, event: bytes) -> float:
        """When every client's invocation was taken, all being under way at once; `monotonic`."""
        give_up = time.monotonic() + _PATIENCE
        while True:
            began = time.monotonic()
            if not clients.once(event).refused:
                return began
            self._wait_until(give_up)

    def _wait_until(self, give_up: float) -> None:
        self.alive()
        if time.monotonic() > give_up:
            raise TimeoutError(f"the function is not ready:\n{self.log()}")
        time.sleep(_PAUSE)


@contextmanager
def turns_in_the_emulator(calls: int) -> Iterator[Mapping[str, Block]]:
    """Blocks of events, one after the other, in the emulator's standard mode."""

    def block(clients: Clients) -> Block:
        handed_out = event()

        def run() -> float:
            began = time.perf_counter()
            for _ in range(calls):
                clients.invoke(handed_out)
            return (time.perf_counter() - began) / calls

        run()
        return run

    with ExitStack() as started:
        blocks = {}
        for contender in CONTENDERS:
            emulator = started.enter_context(Emulator(contender, "hello", None))
            clients = started.enter_context(emulator.clients(1, GREETING))
            emulator.first_answer(clients, event())
            blocks[contender] = block(clients)
        yield blocks
