"""The two runtime clients, and the floor, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from benchmarks.measure import ASGI_LAMBDA, FLOOR, MANGUM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CHECKOUT: Final = Path(__file__).resolve().parents[2]
FUNCTIONS: Final = "benchmarks.runtime.functions"
MODULES: Final = {MANGUM: "awslambdaric", ASGI_LAMBDA: "asgi_lambda.runtime"}
HANDLERS: Final = {name: f"{FUNCTIONS}.with_{name}.handler" for name in MODULES}
# What Lambda sets. By it AWS's client asks for events in a thread, as it does there.
LIKE_LAMBDA: Final = {
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_LAMBDA_FUNCTION_NAME": "benchmark",
}
STREAMED: Final = {"ASGI_LAMBDA_INVOKE_MODE": "RESPONSE_STREAM"}

_PATIENCE: Final = 20


def command(contender: str, floor: str = "hello") -> list[str]:
    """What starts a contender; floor: what that one answers."""
    if contender == FLOOR:
        return [sys.executable, str(Path(__file__).parent / "functions" / "floor.py"), floor]
    return [sys.executable, "-m", MODULES[contender], HANDLERS[contender]]


def environment(application: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Our own environment, without anything of Lambda's or Python's, and these variables."""
    foreign = ("AWS_", "ASGI_LAMBDA_", "_HANDLER", "_X_AMZN_", "PYTHON", "COVERAGE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    own = {"PYTHONPATH": str(CHECKOUT), "APPLICATION": f"{FUNCTIONS}.{application}"}
    return {**kept, **own, **variables}


class Process:
    """A process in a group of its own, whose output goes to a file; a context manager."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this context manager
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def alive(self) -> None:
        """Raise RuntimeError, with what it wrote, where it has ended."""
        if (status := self.process.poll()) is not None:
            raise RuntimeError(f"the process ended with status {status}:\n{self.log()}")

    def log(self) -> str:
        """The end of what it wrote."""
        self._log.seek(0)
        return self._log.read().decode("utf-8", "replace")[-3000:]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.process.terminate()
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()
