"""AWS's Runtime Interface Emulator, with a runtime client under it: AWS's for Python, or ours."""

from __future__ import annotations

import http.client
import json
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tests.emulator.program import PATIENCE, Program, clean_environment, runtime_command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# What Lambda sets and the emulator does not. From 3.12 on the runtime client polls in a thread.
LIKE_LAMBDA: Final = {
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
}
WITHOUT_POLLING_THREAD: Final = {**LIKE_LAMBDA, "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11"}
WITHOUT_INITIALIZATION_TYPE: Final = {"AWS_EXECUTION_ENV": "AWS_Lambda_python3.13"}
BARE: Final[dict[str, str]] = {}

_PATH: Final = "/2015-03-31/functions/function/invocations"


class Answer(NamedTuple):
    """What the emulator answers: the status of the invocation, and the result of the function.

    The status is 502 also for a result whose process ended before it asked for the next event.
    """

    status: int
    text: str

    @property
    def result(self) -> Any:
        """What the handler returned, or Lambda's description of an error."""
        return json.loads(self.text)

    @property
    def content(self) -> Any:
        """The JSON in the body of the response."""
        return json.loads(self.result["body"])


class Emulator(Program):
    """The emulator; it starts the runtime client at the first invocation.

    timeout: seconds the function may take.
    """

    def __init__(
        self,
        *,
        binary: Path,
        client: str,
        handler: str,
        variables: Mapping[str, str],
        timeout: int,
    ) -> None:
        self._port, runtime_port = free_ports()
        super().__init__(
            command=[
                str(binary),
                "--runtime-interface-emulator-address",
                f"127.0.0.1:{self._port}",
                "--runtime-api-address",
                f"127.0.0.1:{runtime_port}",
                *runtime_command(handler, client),
            ],
            environment=clean_environment(
                {"AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout), **variables}
            ),
        )
        self._callers = ThreadPoolExecutor(1)

    def wait_until_ready(self) -> None:
        """Return as soon as it takes connections."""
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port)).close()
            except ConnectionRefusedError:
                assert self.process.poll() is None, f"the emulator ended:\n{self.log}"
                assert time.monotonic() < give_up, f"the emulator does not listen:\n{self.log}"
                time.sleep(0.01)
            else:
                return

    def invoke(self, event: Any) -> Answer:
        """Invoke the function and wait for the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            connection.request("POST", _PATH, json.dumps(event))
            response = connection.getresponse()
            return Answer(response.status, response.read().decode())
        finally:
            connection.close()

    def invoke_meanwhile(self, event: Any) -> Future[Answer]:
        """Invoke the function in another thread; the emulator takes one event at a time."""
        return self._callers.submit(self.invoke, event)

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._callers.shutdown()


def free_ports() -> tuple[int, int]:
    """Two that nobody listened on a moment ago."""
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        return one.getsockname()[1], other.getsockname()[1]
