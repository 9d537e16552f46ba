"""Examples as Lambda runs them: a process of their own, in an environment of their own."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from scripts.example import CHECKOUT, environment
from tests.examples.systems import requirement

# What Lambda sets; the first two tell `adapt` that it runs there, so the startup comes at once.
_ON_LAMBDA = {
    "_HANDLER": "app.handler",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_EXECUTION_ENV": "AWS_Lambda_python",
    "AWS_LAMBDA_FUNCTION_NAME": "example",
}
# What boto3 looks for anywhere; nobody is let in by these.
_AWS = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
}


class InvocationFailed(Exception):
    """The handler raised, or its process ended; says how, with what it wrote to its log."""


class Example:
    """A running example. Called as a handler, it returns the Lambda response.

    name: its folder. found: what `adapt` found out about it, as `session.found` has it.
    """

    def __init__(self, name: str, process: subprocess.Popen[str], log: IO[str]) -> None:
        self.name = name
        self._process = process
        self._log = log
        self.found: dict[str, str] = self._read()

    def __call__(self, event: Any, context: Any = None) -> Any:
        """The response to an event; the process makes the context itself.

        Raises InvocationFailed.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(event) + "\n")
        self._process.stdin.flush()
        answer = self._read()
        if "error" in answer:
            raise InvocationFailed(f"{answer['error']}\n{self.log()}")
        return answer["response"]

    def log(self) -> str:
        """What it wrote so far, to its output and to its log."""
        self._log.seek(0)
        return self._log.read()

    def kill(self) -> None:
        """End it at once, as Lambda may end an environment."""
        self._process.kill()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise InvocationFailed(f"{self.name} ended with {self._process.wait()}\n{self.log()}")
        return json.loads(line)


@contextmanager
def running(
    name: str, *, extra: tuple[str, ...] = (), variables: Mapping[str, str] | None = None
) -> Iterator[Example]:
    """An example that has started up, and is shut down in the end.

    extra: what to install besides its requirements. variables: more of its environment.
    """
    arguments = [f"examples.{name}.app:handler", requirement(name)]
    with session(name, arguments, extra, {**_ON_LAMBDA, **(variables or {})}) as example:
        yield example


@contextmanager
def session(
    name: str, arguments: list[str], extra: tuple[str, ...], variables: Mapping[str, str]
) -> Iterator[Example]:
    """A process of `session.py` with these arguments, in the environment of an example."""
    # By its path: some old distributions bring a package called `tests`.
    program = Path(__file__).with_name("session.py")
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            [str(environment(name, *extra)), "-P", str(program), *arguments],
            cwd=CHECKOUT,
            env=outside(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        example = Example(name, process, log)
        yield example
        assert process.stdin is not None
        process.stdin.close()
        if process.wait(timeout=30) != 0:
            raise InvocationFailed(f"{name} ended with {process.returncode}\n{example.log()}")


def outside(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of a process that imports an example, outside of Lambda unless they say so."""
    return {**os.environ, "PYTHONPATH": str(CHECKOUT), **_AWS, **variables}
