"""The two runtime clients, each in a process of its own, with the Runtime API of these tests."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tests.emulator.program import CHECKOUT, Program, clean_environment
from tests.runtime.double import Behaviour, Double

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

OURS: Final = "asgi_lambda.runtime"
AWS: Final = "awslambdaric"

APPS: Final = CHECKOUT / "tests" / "runtime" / "apps"


class Client(Program):
    """A client and the Runtime API that it was given."""

    def __init__(
        self, module: str, handler: str, api: Double, variables: Mapping[str, str], log: str
    ) -> None:
        self.api = api
        command = [sys.executable, "-m", module, handler]
        if log:
            # A descriptor that is open when the process starts, as Lambda hands one over.
            command = ["sh", "-c", f'exec 9>"{log}"; exec "$@"', "sh", *command]
            variables = {**variables, "_LAMBDA_TELEMETRY_LOG_FD": "9"}
        environment = clean_environment(
            {
                "AWS_LAMBDA_RUNTIME_API": api.address,
                "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
                "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
                "AWS_LAMBDA_FUNCTION_NAME": "f",
                "_HANDLER": handler,
                **variables,
            }
        )
        path = [str(APPS), str(CHECKOUT), variables.get("PYTHONPATH")]
        environment["PYTHONPATH"] = ":".join(filter(None, path))
        super().__init__(command=command, environment=environment)


@contextmanager
def start(
    handler: str,
    *,
    module: str = OURS,
    log: str = "",
    refused: Sequence[str] = (),
    **variables: str,
) -> Iterator[Client]:
    """A client that serves a handler of `apps`.

    log: the file that takes the telemetry. refused: requests that are answered with 403, once, by
    the ends of their paths.
    """
    with Double() as api:
        for each in refused:
            api.behaviours[each].append(Behaviour(403, b"refused"))
        with Client(module, handler, api, variables, log) as client:
            yield client
