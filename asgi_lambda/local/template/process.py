"""The process of a function: started with its first request, and again once it has ended."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import asgi_lambda
from asgi_lambda.errors import AsgiLambdaError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_lambda.local.template.stack import FunctionSetup

# The package may be one of a checkout, which is not on the path elsewhere.
_PROGRAM: Final = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from asgi_lambda.local.template.child import main; main(int(sys.argv[2]))"
)
# Seconds that a process has to shut its application down.
_PATIENCE: Final = 10.0


class NotStarted(AsgiLambdaError):
    """A function's process cannot serve; says why."""


class Process:
    """A function, which may not run yet.

    task: what it is told to do, but for the socket. folder: for its sockets.
    """

    def __init__(self, function: FunctionSetup, task: Mapping[str, Any], folder: Path) -> None:
        self._function = function
        self._task = task
        self._folder = folder
        self._sockets = 0
        self._starting = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._socket = ""

    async def socket(self) -> str:
        """The path of the socket at which it answers; it is started where it does not run.

        Raises NotStarted.
        """
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                await self._start()
            return self._socket

    def close(self) -> None:
        """Ask it to end."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()

    async def gone(self, socket: str) -> None:
        """Wait until the process at a socket has ended, since nobody answers there any more."""
        async with self._starting:
            if socket == self._socket:
                await self.ended()

    async def ended(self) -> None:
        """Wait until it has ended; it is killed if that takes too long."""
        self.close()
        if self._process is None:
            return
        try:
            await asyncio.wait_for(self._process.wait(), _PATIENCE)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _start(self) -> None:
        self._sockets += 1
        self._socket = str(self._folder / f"{self._function.name[:40]}-{self._sockets}")
        ready, told = os.pipe()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", _PROGRAM, _package_folder(), str(told)),
                stdin=asyncio.subprocess.PIPE,
                cwd=self._function.folder,
                # What is set at home is meant.
                env={**self._function.variables, **os.environ},
                pass_fds=[told],
                # An interrupt from the keyboard reaches the parent alone, which then asks this one.
                start_new_session=True,
            )
        finally:
            os.close(told)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({**self._task, "socket": self._socket}).encode())
        self._process.stdin.write(b"\n")
        line = await _line(ready)
        if line == b"null\n":
            return
        self.close()
        status = await self._process.wait()
        raise NotStarted(json.loads(line) if line else f"its process ended with status {status}")


def _package_folder() -> str:
    return str(Path(asgi_lambda.__file__).parents[1])


async def _line(descriptor: int) -> bytes:
    """The first line that comes by a pipe, b"" where it ends without one."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    pipe = os.fdopen(descriptor, "rb")
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    try:
        return await reader.readline()
    finally:
        transport.close()
