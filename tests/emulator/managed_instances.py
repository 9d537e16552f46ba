"""AWS's emulator as on Managed Instances: many invocations at once.

In this mode it starts a bootstrap at a path that it knows, as a user that it knows. So it runs in a
mount namespace of its own, where those paths are ours; that takes root.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import sysconfig
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from tests.emulator.emulator import free_ports
from tests.emulator.program import CHECKOUT, PATIENCE, Program, clean_environment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PATH: Final = "/2015-03-31/functions/function/invocations"
_START: Final = """
set -e
mount -t tmpfs tmpfs /var
mkdir -p /var/task /var/runtime /var/python /var/site /var/measured
chmod 777 /var/measured
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


class Answer(NamedTuple):
    """What the emulator answers, as soon as the response is complete."""

    status: int
    headers: dict[str, str]
    body: bytes


class ManagedInstances(Program):
    """The emulator and one execution environment."""

    def __init__(
        self, *, binary: Path, client: str, handler: str, variables: Mapping[str, str], count: int
    ) -> None:
        if os.geteuid() != 0:
            pytest.fail("expected root, since the emulator needs paths of its own in this mode")
        self._port, runtime_port = free_ports()
        command = [
            *("unshare", "--mount", "sh", "-c", _START, "sh", str(binary)),
            *("--runtime-interface-emulator-address", f"127.0.0.1:{self._port}"),
            *("--runtime-api-address", f"127.0.0.1:{runtime_port}", "bootstrap", handler),
        ]
        given = {
            "CHECKOUT": str(CHECKOUT),
            "PYTHON": sys.base_prefix,
            "SITE": sysconfig.get_path("purelib"),
            "CLIENT": client,
            "AWS_LAMBDA_MAX_CONCURRENCY": str(count),
            **variables,
        }
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
