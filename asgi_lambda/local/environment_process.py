"""One execution environment: a process that runs this package's runtime, and its Runtime API.

It is frozen between invocations where that is asked for: the process and its children stand still.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.local.exchange import current
from asgi_lambda.local.function import FunctionExited, FunctionTimedOut
from asgi_lambda.local.runtime_api import FunctionFailed, RuntimeAPI

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.channel import Sink
    from asgi_lambda.local.exchange import Exchange

# Seconds. Lambda gives 0.5, which the runtime counts by itself; a machine at home may be busy.
_GRACE: Final = 2.0
# Seconds that Lambda gives an initialisation before it begins it anew.
INIT_LIMIT: Final = 10.0


class Environment:
    """A process with a number.

    command: what it is, and variables: what is added to its environment. write: takes what it
    prints. init: seconds that it took to start. used: whether it was ever invoked.
    """

    def __init__(
        self,
        number: int,
        command: list[str],
        variables: Mapping[str, str],
        freezes: bool,
        write: Callable[[str], object],
    ) -> None:
        self.number = number
        self.init: float | None = None
        self.used = False
        self._command, self._variables = command, variables
        self._freezes, self._write = freezes, write
        self._api = RuntimeAPI(self._on_wait)
        self._exchange: Exchange | None = None
        self._killed = False
        self._deadline = 0.0

    @property
    def alive(self) -> bool:
        """Whether its process has not ended, or not even begun."""
        return self.init is None or not (self._killed or self._exited.done())

    @property
    def works(self) -> bool:
        """Whether it does not wait for an event."""
        return not self._api.waits.is_set()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    async def start(self, limit: float) -> None:
        """Start it, and wait up to `limit` s until it asks for an event. Raises FunctionFailed."""
        began = time.perf_counter()
        self._exchange = current.get()
        await self._api.endpoint.open()
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            env={
                **os.environ,
                **self._variables,
                "AWS_LAMBDA_RUNTIME_API": self._api.endpoint.address,
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            # An interrupt from the keyboard is for the gateway. A session of its own it has not:
            # so the system continues and ends what is frozen when the gateway is killed.
            process_group=0,
        )
        self._exited = asyncio.create_task(self._follow())
        self.init = 0.0
        waits = asyncio.create_task(self._api.waits.wait())
        await asyncio.wait(
            {waits, self._exited}, timeout=limit, return_when=asyncio.FIRST_COMPLETED
        )
        waits.cancel()
        self.init = time.perf_counter() - began
        if not self._api.waits.is_set():
            self.kill()
            await self._exited
            raise self._api.init_error or FunctionFailed(
                f"expected an initialisation within {limit:g} s, got {self._status()}"
            )

    async def invoke(self, event: Event, request_id: str, seconds: float, sink: Sink | None) -> Any:
        """The Lambda response, None where it went to the sink.

        Raises FunctionFailed, FunctionExited, and FunctionTimedOut, after which it is dead.
        """
        self.used = True
        self._exchange = current.get()
        self._deadline = time.monotonic() + seconds
        self._signal(signal.SIGCONT)
        result = self._api.give(event, request_id, seconds, sink)
        await asyncio.wait(
            {result, self._exited},
            timeout=seconds,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if result.done():
            return result.result()
        if self._exited.done():
            raise FunctionExited(f"Runtime exited, {self._status()}")
        self.kill()
        raise FunctionTimedOut(f"Task timed out after {seconds:.2f} seconds")

    async def rest(self) -> None:
        """Wait until it asks for the next event, and so has ended the work behind an answer.

        It is dead then, where it does not do so up to the deadline.
        """
        if self._api.waits.is_set():
            return
        waits = asyncio.create_task(self._api.waits.wait())
        try:
            await asyncio.wait(
                {waits, self._exited},
                timeout=max(self._deadline - time.monotonic(), 0),
                return_when=asyncio.FIRST_COMPLETED,
            )
            # Not whether it waits: somebody may have given it the next event by now.
            if not waits.done():
                self.kill()
        finally:
            waits.cancel()

    def kill(self) -> None:
        """End it at once, with its children."""
        self._killed = True
        self._signal(signal.SIGKILL)

    async def stop(self) -> None:
        """Shut it down: SIGTERM, and after a while the end."""
        if self.init is None:
            return
        self._freezes = False
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        await asyncio.wait({self._exited}, timeout=_GRACE)
        self.kill()
        await self._exited
        await self._api.endpoint.close()

    def peak_memory(self) -> int | None:
        """MB that the process had at most, where the system tells."""
        try:
            found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{self.pid}/status").read_text())
        except OSError:
            return None
        return int(found[1]) // 1024 if found else None

    def _on_wait(self) -> None:
        if self._freezes:
            self._signal(signal.SIGSTOP)

    def _signal(self, number: int) -> None:
        # The number of a process that has ended may be another's by now.
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def _status(self) -> str:
        code = self._process.returncode
        assert code is not None
        return f"signal {-code}" if code < 0 else f"exit status {code}"

    async def _follow(self) -> None:
        """Pass on what it prints, until it ends."""
        assert self._process.stdout is not None
        while data := await self._process.stdout.read(65_536):
            text = data.decode("utf-8", "replace")
            self._write(text)
            if self._exchange is not None:
                self._exchange.log.append((time.perf_counter(), "PRINT", text))
        await self._process.wait()
