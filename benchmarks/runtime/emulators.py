"""AWS's emulator with a runtime client under it, in both of its modes.

For many at once it starts a bootstrap at a path that it knows, as a user that it knows. So it runs
in a mount namespace of its own there, where those paths are ours; that takes root.
"""

from __future__ import annotations

import socket
import sys
import sysconfig
import time
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from benchmarks.runtime.clients import (
    CHECKOUT,
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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Block

_PATIENCE: Final = 120.0
_PAUSE: Final = 0.005
NOTHING: Final[Mapping[str, str]] = {}
_START: Final = """
set -e
mount -t tmpfs tmpfs /var
mkdir -p /var/task /var/runtime /var/python /var/site
mount --bind "$CHECKOUT" /var/task
mount --bind "$PYTHON" /var/python
mount --bind "$SITE" /var/site
cat >/var/runtime/bootstrap <<'BOOTSTRAP'
#!/bin/sh
export LD_LIBRARY_PATH=/var/python/lib PYTHONPATH=/var/task:/var/site PYTHONDONTWRITEBYTECODE=1
exec /var/python/bin/python3 -m $CLIENT "$_HANDLER"
BOOTSTRAP
chmod 755 /var/runtime/bootstrap
exec "$@"
"""


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
        self.port, runtime_port = _free_ports()
        emulator = [
            *(str(fetch()), "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}"),
            *("--runtime-api-address", f"127.0.0.1:{runtime_port}"),
        ]
        variables = {**LIKE_LAMBDA, **variables}
        if count is None:
            emulator += command(contender)
        else:
            emulator = ["unshare", "--mount", "sh", "-c", _START, "sh", *emulator]
            emulator += ["bootstrap", HANDLERS[contender]]
            variables |= {
                "CHECKOUT": str(CHECKOUT),
                "PYTHON": sys.base_prefix,
                "SITE": sysconfig.get_path("purelib"),
                "CLIENT": MODULES[contender],
                "AWS_LAMBDA_MAX_CONCURRENCY": str(count),
            }
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


def _free_ports() -> tuple[int, int]:
    """Two that nobody listened on a moment ago."""
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        return one.getsockname()[1], other.getsockname()[1]
