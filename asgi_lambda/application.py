"""One application call: `receive` and `send` around a cycle, and every way the application can end.

Is given its loop and its sink, so it knows neither asyncio nor Lambda's response formats.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from asgi_lambda.protocols.http import HTTPCycle, State

if TYPE_CHECKING:
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
    from asgi_lambda.loops import Ending, Event, Loop

logger = logging.getLogger("asgi_lambda")

# Seconds of background work worth a line in the log.
_NOTICEABLE: Final = 0.01


class Sink(Protocol):
    """Where the body goes, chunk by chunk."""

    async def write(self, chunk: bytes) -> None: ...


def single_callable(application: Application, interface: str) -> ASGI3Application:
    """The application as ASGI 3 calls it; a double callable of ASGI 2 is called twice inside."""
    if interface == "asgi3":
        return application  # type: ignore[return-value]

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await application(scope)(receive, send)  # type: ignore[call-arg, operator]

    return call


async def bad_request(scope: Scope, receive: Receive, send: Send) -> None:
    """The application that answers a request whose body cannot be read."""
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": b"Bad Request"})


class ApplicationCall:
    """The application running on one request; `error` is what it raised."""

    __slots__ = (
        "_application",
        "_complete_at",
        "_completed",
        "_lifespan",
        "_loop",
        "cycle",
        "error",
        "scope",
        "sink",
    )

    _loop: Loop

    def __init__(
        self,
        application: ASGI3Application,
        lifespan: Lifespan,
        scope: HTTPScope,
        cycle: HTTPCycle,
        sink: Sink,
    ) -> None:
        self.scope = scope
        self.cycle = cycle
        self.error: Exception | None = None
        self._application = application
        self._lifespan = lifespan
        self.sink = sink
        self._completed: Event | None = None
        self._complete_at = 0.0

    async def main(self, loop: Loop) -> None:
        """Call the application on `loop`, after its startup.

        Raises LifespanFailed and LoopError; what the application raises is kept in `error`.
        """
        lifespan = self._lifespan
        if not lifespan.ready(loop):
            await lifespan.startup(loop)
        self._loop = loop
        self.scope["state"] = lifespan.state.copy()
        try:
            await self._application(self.scope, self._receive, self._send)  # type: ignore[arg-type]
        except Exception as error:
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
        await self.sink.write(chunk)
        if self.cycle.state is State.COMPLETE:
            self._complete_at = time.monotonic()
            if self._completed is not None:
                self._completed.set()

    def conclude(self, ending: Ending, request_id: str) -> int | None:
        """Log how the application ended, and return the status of the answer that it left to us.

        None: its response is complete. 504: it was still running at the deadline. 500: it raised,
        was cancelled by itself, or returned without a whole response.
        """
        complete, missing = self.cycle.state is State.COMPLETE, self.cycle.state.value
        self.cycle.disconnect()
        if ending.expired:
            what = "its background work was" if complete else "it was"
            logger.error(
                "The application was still running at the deadline, and %s %s (request %s). "
                "It hung at:\n%s",
                what,
                "cancelled, but did not end" if ending.abandoned else "cancelled",
                request_id,
                ending.stacks,
            )
        if self.error is not None or ending.cancelled is not None and not ending.expired:
            logger.error(
                "The application %s %s its response was complete (request %s)",
                "raised an exception" if self.error is not None else "cancelled itself",
                "after" if complete else "before",
                request_id,
                exc_info=self.error or ending.cancelled,
            )
        elif complete:
            self._report_background_work(request_id)
        elif not ending.expired:
            logger.error("The application returned, %s (request %s)", missing, request_id)
        if complete:
            return None
        return 504 if ending.expired else 500

    def _report_background_work(self, request_id: str) -> None:
        held = time.monotonic() - self._complete_at
        if held > _NOTICEABLE:
            logger.info(
                "The application went on for %.3f s after its response, which held the response "
                "back (request %s); asgi_lambda.runtime sends it at once",
                held,
                request_id,
            )
