"""From the start of the process to its first invocation, and its end.

Source: AWS's Python runtime client for exit statuses and for what is reported when.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda import environment
from asgi_lambda.loops import asyncio as asyncio_loops
from asgi_lambda.runtime import target
from asgi_lambda.runtime.api import Refused, RuntimeAPI
from asgi_lambda.runtime.connection import ConnectionLost
from asgi_lambda.runtime.initialisation import Initialisation
from asgi_lambda.runtime.logs import Log
from asgi_lambda.runtime.service import Service, run_on
from asgi_lambda.runtime.settings import Settings
from asgi_lambda.runtime.shutdown import Shutdown, register_extension

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from asgi_lambda.loops.asyncio import KeptLoop

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
    # In this order: at DEBUG a new loop logs, and a log has only what the function does.
    kept, outer = asyncio_loops.kept(), signal.getsignal(signal.SIGTERM)
    log = Log()
    log.set_up()
    try:
        return _serve(name, address, log, kept, outer)
    except (ConnectionLost, Refused) as error:
        logger.critical("There is nobody to serve any more: %s", error)
        return 1


def _serve(name: str, address: str, log: Log, kept: KeptLoop, outer: Any) -> int:
    """The exit status, once there is nothing to serve any more. Raises ConnectionLost, Refused."""
    run = partial(run_on, kept)
    initialisation = Initialisation(RuntimeAPI(address), log, run)
    ends: list[Callable[[], object]] = []
    environment.after_answer = ends.append
    try:
        settings = Settings()
        run(register_extension(RuntimeAPI(address)))
        function = target.load(name)
    except ConnectionLost:
        raise
    except Exception as error:
        return initialisation.fail(error)
    if environment.takes_snapshot() and (status := initialisation.restore()):
        return status
    service = Service(function, kept, address, settings, log)
    service.ends = ends
    shutdown = Shutdown(service, kept, outer)
    service.serve()
    shutdown.complete()
    return 0
