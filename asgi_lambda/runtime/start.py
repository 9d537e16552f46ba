"""From the start of the process to its first invocation, and its end.

Source: AWS's Python runtime client for exit statuses and for what is reported when.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, Final

from asgi_lambda import environment
from asgi_lambda.loops import asyncio as asyncio_loops
from asgi_lambda.runtime import garbage, target
from asgi_lambda.runtime.api import Refused, RuntimeAPI
from asgi_lambda.runtime.connection import ConnectionLost
from asgi_lambda.runtime.initialisation import Initialisation
from asgi_lambda.runtime.logs import Log
from asgi_lambda.runtime.service import Service, run_on
from asgi_lambda.runtime.settings import WORKERS, Settings
from asgi_lambda.runtime.shutdown import Extension, Shutdown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from asgi_lambda.runtime.workers import Team, Worker

logger = logging.getLogger("asgi_lambda")

_ADDRESS: Final = "AWS_LAMBDA_RUNTIME_API"


def main(argv: Sequence[str]) -> int:
    """Serve the function that TARGET or `_HANDLER` names; the exit status."""
    name = argv[1] if len(argv) == 2 else os.environ.get("_HANDLER")
    address = os.environ.get(_ADDRESS)
    if len(argv) > 2 or not name or not address:
        print(
            "usage: python -m asgi_lambda.runtime [TARGET], where Lambda has started it, with "
            f"TARGET or _HANDLER as module.name, and {_ADDRESS} set",
            file=sys.stderr,
        )
        return 2
    # Lambda's own emulator leaves them out, and this is no other place.
    os.environ.setdefault("_HANDLER", name)
    os.environ.setdefault("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    # Before there is a loop, which processes cannot share.
    team, worker = _fork()
    process = _Process(address)
    try:
        return process.serve(name, worker) if team is None else process.lead(team)
    except (ConnectionLost, Refused) as error:
        logger.critical("There is nobody to serve any more: %s", error)
        return 1


def _fork() -> tuple[Team | None, Worker | None]:
    """The workers, to the process that leads them; and what one of them is to itself."""
    if WORKERS not in os.environ:
        return None, None
    from asgi_lambda.runtime import workers

    return workers.fork()


class _Process:
    """What every process has: a loop, a log, and whom to tell that the function cannot be served.

    All methods raise ConnectionLost and Refused.
    """

    def __init__(self, address: str) -> None:
        # In this order: at DEBUG a new loop logs, and a log has only what the function does.
        self._kept, self._outer = asyncio_loops.kept(), signal.getsignal(signal.SIGTERM)
        self._log = Log()
        self._log.set_up()
        self._address = address
        self._run = partial(run_on, self._kept)
        self._initialisation = Initialisation(RuntimeAPI(address), self._log, self._run)
        self._extension = Extension(RuntimeAPI(address))

    def lead(self, team: Team) -> int:
        """The exit status, once all workers have ended."""
        garbage.resume()
        self._run(self._extension.register())
        self._run(self._extension.poll())
        self._run(team.lead())
        if team.failure is not None:
            return self._initialisation.report(team.failure)
        return team.status

    def serve(self, name: str, worker: Worker | None) -> int:
        """The exit status, once there is nothing to serve any more.

        worker: None where this is the only process.
        """
        ends: list[Callable[[], object]] = []
        environment.after_answer = ends.append
        try:
            settings = Settings()
            if worker is None:
                self._run(self._extension.register())
            else:
                settings.concurrency = worker.share
            function = target.load(name)
            if worker is None:
                self._run(self._extension.poll())
            garbage.resume()
        except ConnectionLost:
            raise
        except Exception as error:
            return (worker or self._initialisation).fail(error)
        if environment.takes_snapshot() and (status := self._initialisation.restore()):
            return status
        service = Service(function, self._kept, self._address, settings, self._log)
        service.ends = ends
        shutdown = Shutdown(service, self._kept, self._outer)
        if worker is not None:
            worker.ready()
        service.serve()
        shutdown.complete()
        return 0
