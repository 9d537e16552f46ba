"""One application call: `receive` and `send` around a cycle, and every way the application can end.

Is given its loop, and where the body goes, so it knows neither asyncio nor Lambda's formats.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from asgi_lambda.loops import RETURNED
from asgi_lambda.protocols.http import HTTPCycle, State

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_lambda.asgi_types import (
        Application,
        ASGI3Application,
        HTTPReceived,
        HTTPScope,
        Message,
        Receive,
        Scope,
        Send,
    )
    from asgi_lambda.lifespan import Lifespan
    from asgi_lambda.loop_types import Event, Loop
    from asgi_lambda.loops import Ending

    # Takes the body, chunk by chunk, and is done when it can take another.
    Write = Callable[[bytes], Awaitable[None]]

logger = logging.getLogger("asgi_lambda")

_COMPLETE: Final = State.COMPLETE
# Seconds of background work worth a line in the log.
_NOTICEABLE: Final = 0.01


def single_callable(application: Application, interface: str) -> ASGI3Application:
    """The application as ASGI 3 calls it; a double callable of ASGI 2 is called twice inside."""
    if interface == "asgi3":
        return application

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await application(scope)(receive, send)

    return call


async def bad_request(scope: Scope, receive: Receive, send: Send) -> None:
    """The application that answers a request whose body cannot be read."""
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": b"Bad Request"})


class ApplicationCall:
    """The application running on one request.

    chunks: the body, where no `write` takes it. error: what the application raised. application
    and write may be replaced until `main` is called.
    """

    __slots__ = (
        "_complete_at",
        "_completed",
        "_lifespan",
        "_loop",
        "application",
        "chunks",
        "cycle",
        "error",
        "scope",
        "write",
    )

    _loop: Loop
    _complete_at: float

    def __init__(
        self,
        application: ASGI3Application,
        lifespan: Lifespan,
        scope: HTTPScope,
        cycle: HTTPCycle,
        write: Write | None = None,
    ) -> None:
        self.scope = scope
        self.cycle = cycle
        self.chunks: list[bytes] = []
        self.error: Exception | None = None
        self.application = application
        self._lifespan = lifespan
        self.write = write
        self._completed: Event | None = None

    async def main(self, loop: Loop) -> None:
        """Call the application on `loop`, after its startup.

        Raises LifespanFailed and LoopError; what the application raises is kept in `error`.
        """
        lifespan = self._lifespan
        if lifespan.ready_on is not loop:
            await lifespan.startup(loop)
        self._loop = loop
        self.scope["state"] = lifespan.state.copy()
        try:
            # Messages are checked where they arrive, so an application's types are wider than ours.
            await self.application(self.scope, self._receive, self._send)  # type: ignore[arg-type]
        except Exception as error:
            loop.advise(error)
            self.error = error

    async def _receive(self) -> HTTPReceived:
        while (message := self.cycle.receive()) is None:
            if self._completed is None:
                self._completed = self._loop.event()
            await self._completed.wait()
        return message

    async def _send(self, message: Message) -> None:
        chunk = self.cycle.send(message)
        if chunk is None:
            return
        if self.write is None:
            self.chunks.append(chunk)
        else:
            await self.write(chunk)
        if self.cycle.state is _COMPLETE:
            self._complete_at = time.monotonic()
            if self._completed is not None:
                self._completed.set()

    def disconnect(self) -> None:
        """Tell the application that nobody waits for the rest of its response."""
        self.cycle.disconnect()
        if self._completed is not None:
            self._completed.set()

    def conclude(self, ending: Ending) -> int | None:
        """Log how the application ended, and return the status of the answer that it left to us.

        None: its response is complete. 504: it was still running at the deadline. 500: it raised,
        was cancelled by itself, or returned without a whole response.
        """
        state = self.cycle.state
        complete = state is _COMPLETE
        if complete and self.error is None and ending is RETURNED:
            held = time.monotonic() - self._complete_at
            # Whoever takes the body by `write` has it already.
            if held > _NOTICEABLE and self.write is None:
                self.log(
                    logging.INFO,
                    f"went on for {held:.3f} s after its response, which held the response back; "
                    "a queue takes such work off the request",
                )
            return None
        self.cycle.disconnect()
        when = "after its response was complete" if complete else f"while {state.value}"
        if ending.expired:
            left = "left behind, since it did not end" if ending.abandoned else "cancelled"
            stacks = f"{left}. It hung at:\n{ending.stacks}"
            self.log(logging.ERROR, f"still ran at the deadline, {when}, and was {stacks}")
        elif ending.cancelled is not None:
            self.log(logging.ERROR, f"cancelled itself, {when}", ending.cancelled)
        elif self.error is None:
            self.log(logging.ERROR, f"returned, {when}")
        if self.error is not None:
            self.log(logging.ERROR, f"raised an exception, {when}", self.error)
        if complete:
            return None
        return 504 if ending.expired else 500

    def log(self, level: int, what: str, error: BaseException | None = None) -> None:
        """Log what the application did, with the id that Lambda gave the request."""
        request_id = getattr(self.scope["aws.context"], "aws_request_id", None)
        logger.log(level, "The application %s (request %s)", what, request_id, exc_info=error)

    def log_access(self, status: int, length: int) -> None:
        """One line for the request; length: bytes of the body."""
        scope = self.scope
        self.log(
            logging.INFO,
            f"answered {scope['method']} {scope['raw_path'].decode()} with {status}, "
            f"{length} bytes",
        )
