"""The execution environment: where this process runs, and how it comes to its end.

Reads what Lambda sets in the environment, and speaks to its Extensions API. Knows no ASGI.
Source: the Lambda guide, "Lambda execution environment lifecycle", "Lambda Extensions API" and
"Runtime hooks for Lambda SnapStart".
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("asgi_lambda")

EXTENSION_NAME: Final = "asgi-lambda"

_MOST_ABANDONED: Final = 3

# What a runtime client of ours offers: to call a function once the answer is delivered. It has an
# extension too.
after_answer: Callable[[Callable[[], object]], object] | None = None


def on_lambda() -> bool:
    """Whether Lambda started this process; a shell may have some of its variables, not both."""
    return "_HANDLER" in os.environ and "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ


def takes_snapshot() -> bool:
    """Whether Lambda stores this process once it is initialised, and restores it many times."""
    return on_lambda() and os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"] == "snap-start"


def initialises() -> bool:
    """Whether what runs here now counts as initialisation, and is in each environment as it is."""
    return on_lambda() and in_main_thread() and not takes_snapshot()


def in_main_thread() -> bool:
    """Whether signals can be handled from here."""
    return threading.current_thread() is threading.main_thread()


def after_restore(start: Callable[[], object]) -> None:
    """Let `start` run when a snapshot is restored; without the runtime's hooks it does not run."""
    try:
        from snapshot_restore_py import register_after_restore
    except ImportError:
        return
    register_after_restore(start)


def end_after_answer(end: Callable[[], object]) -> bool:
    """Call `end`, which is to end the process, once the answer of this invocation is delivered.

    AWS's runtime client has no hook for it: it delivers the answer and calls the method that waits
    for the next event, so that one is replaced. Under another client nothing can be done: False.
    """
    if after_answer is not None:
        after_answer(end)
        return True
    module = sys.modules.get("awslambdaric.lambda_runtime_client")
    if module is None:
        return False
    client = module.BaseLambdaRuntimeClient
    wait_next_invocation = client.wait_next_invocation

    def end_instead(self: object) -> object:
        client.wait_next_invocation = wait_next_invocation
        end()
        return wait_next_invocation(self)

    client.wait_next_invocation = end_instead
    return True


def replace_environment(reason: str) -> None:
    """Have Lambda replace this environment, as soon as the answer is delivered."""
    if on_lambda() and end_after_answer(_exit):
        logger.critical("This environment ends after its answer: %s", reason)


class Abandoned:
    """How many applications of one Handler were left behind, since they did not end in time."""

    __slots__ = ("_count",)

    def __init__(self) -> None:
        self._count = 0

    def add(self) -> None:
        """Count another one; so many have Lambda replace this environment."""
        self._count += 1
        if self._count == _MOST_ABANDONED:
            replace_environment(f"{self._count} applications did not end")


def _exit() -> None:
    # Not sys.exit: a thread that hangs, or a non-daemonic one, would keep the process.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(1)


def register_extension() -> None:
    """Register an internal extension: without any, Lambda ends a process without SIGTERM.

    A refusal is logged, and all else goes on.
    """
    address = os.environ.get("AWS_LAMBDA_RUNTIME_API")
    if address is None or after_answer is not None:
        return
    from http.client import HTTPConnection, HTTPException

    connection = HTTPConnection(address)
    try:
        connection.request(
            "POST",
            "/2020-01-01/extension/register",
            '{"events": []}',
            {"Lambda-Extension-Name": EXTENSION_NAME, "Content-Type": "application/json"},
        )
        response = connection.getresponse()
        response.read()
    except (OSError, HTTPException) as error:
        logger.warning("The extension for a graceful shutdown could not register: %r", error)
        return
    identifier = response.headers.get("Lambda-Extension-Identifier")
    if response.status != 200 or identifier is None:
        logger.warning(
            "The extension for a graceful shutdown was refused, with status %d", response.status
        )
        return

    def wait_for_the_end() -> None:
        # No event ever comes, but the initialisation is complete only when it is asked for.
        try:
            connection.request(
                "GET",
                "/2020-01-01/extension/event/next",
                headers={"Lambda-Extension-Identifier": identifier},
            )
            connection.getresponse()
        except (OSError, HTTPException):  # the Extensions API ends before this process
            pass

    threading.Thread(target=wait_for_the_end, name="asgi-lambda-extension", daemon=True).start()
