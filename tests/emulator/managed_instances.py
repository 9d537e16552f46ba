"""AWS's emulator as on Managed Instances: many invocations at once, which takes root."""

from __future__ import annotations

import http.client
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from tests.emulator.emulator import free_ports
from tests.emulator.program import PATIENCE, Program, clean_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_PATH: Final = "/2015-03-31/functions/function/invocations"


class Answer(NamedTuple):
    """What the emulator answers, as soon as the response is complete."""

    status: int
    headers: dict[str, str]
    body: bytes


class ManagedInstances(Program):
    """The emulator and one execution environment.

    paths: adds the paths of Lambda to a command, as `lambda_paths` does.
    """

    def __init__(
        self,
        *,
        binary: Path,
        paths: Callable[[list[str]], tuple[list[str], dict[str, str]]],
        handler: str,
        variables: Mapping[str, str],
        count: int,
    ) -> None:
        if os.geteuid() != 0:
            pytest.fail("expected root, since the emulator needs paths of its own in this mode")
        self._port, runtime_port = free_ports()
        command, given = paths(
            [
                *(str(binary), "--runtime-interface-emulator-address"),
                *(f"127.0.0.1:{self._port}", "--runtime-api-address"),
                *(f"127.0.0.1:{runtime_port}", "bootstrap", handler),
            ]
        )
        given |= {"AWS_LAMBDA_MAX_CONCURRENCY": str(count), **variables}
        environment = clean_environment(given)
        # It runs as a user that may not write into the checkout.
        environment.pop("COVERAGE_PROCESS_CONFIG", None)
        environment.pop("COVERAGE_PROCESS_START", None)
        super().__init__(command=command, environment=environment)
        self._callers = ThreadPoolExecutor(count)

    def invoke(self, event: Any) -> Answer:
        """Invoke the function and wait for the answer; tried again until it is ready."""
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self._invoke(event)
            except ConnectionRefusedError:
                assert self.process.poll() is None, f"the emulator ended:\n{self.log}"
            else:
                if answer.headers.get("Error-Type") != "Runtime.Unavailable":
                    return answer
            assert time.monotonic() < give_up, f"the function is not ready:\n{self.log}"
            time.sleep(0.01)

    def invoke_all(self, *events: Any) -> list[Answer]:
        """Invoke the function with all of them at once."""
        return list(self._callers.map(self.invoke, events))

    def _invoke(self, event: Any) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", _PATH, json.dumps(event), headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._callers.shutdown()
