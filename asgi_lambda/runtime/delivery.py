"""One request to an application, from its start to the end of its work, and its way to Lambda.

The response leaves when it is complete, whatever the application does after; a streamed one leaves
as it comes.
"""

from __future__ import annotations

import asyncio
import json
import logging
from base64 import b64encode
from functools import cache
from typing import TYPE_CHECKING, Final

from asgi_lambda.errors import ResponseFailed
from asgi_lambda.protocols.http import State
from asgi_lambda.response import Response
from asgi_lambda.runtime import prelude
from asgi_lambda.runtime.api import ERROR_BODY, ERROR_TYPE
from asgi_lambda.runtime.connection import ConnectionLost
from asgi_lambda.runtime.errors import Failure
from asgi_lambda.runtime.marshal import encode_response
from asgi_lambda.runtime.pathsend import with_pathsend
from asgi_lambda.runtime.settings import INVOKE_MODE

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_lambda.adapter import Handler
    from asgi_lambda.application import ApplicationCall
    from asgi_lambda.deadline import Patience
    from asgi_lambda.loop_types import Loop
    from asgi_lambda.loops import Ending
    from asgi_lambda.runtime.api import Invocation, RuntimeAPI, Stream
    from asgi_lambda.runtime.replies import Reply
    from asgi_lambda.sources.source import Source

logger = logging.getLogger("asgi_lambda")

# Parts of a body that say that it was to be streamed; many frameworks send two in any case.
_MANY: Final = 3


@cache
def _tell_of_streams() -> None:
    """Tell once of what is easily forgotten."""
    logger.info(
        "The application sends its response in parts, and they are collected; "
        "%s=RESPONSE_STREAM streams them, where the front door is configured for it",
        INVOKE_MODE,
    )


class Delivery:
    """The response as one JSON document."""

    def __init__(self, handler: Handler, source: Source, call: ApplicationCall) -> None:
        self.event = call.scope["aws.event"]
        self._handler = handler
        self._source = source
        self._call = call
        self._reply: asyncio.Future[Reply] | None = None
        # Why nobody waits for the rest of the response, once that is so.
        self._given_up: str | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._task: asyncio.Task[object] | None = None
        call.write = self._write

    async def run(self, loop: Loop, api: RuntimeAPI, invocation: Invocation) -> Reply | None:
        """Run the application and hand its response over.

        What comes back is the reply to that, None where there was none. Raises what is to be
        reported as the error of the invocation, and ConnectionLost.
        """
        self._api, self._invocation, self._task = api, invocation, asyncio.current_task()
        patience = self._handler._patience(self._call.scope["aws.context"])
        self._watch(patience)
        ending: Ending | None = None
        try:
            ending = await loop.call(self._call.main, patience)
        except asyncio.CancelledError:
            if self._given_up is None or self._task is None:
                raise
            self._task.uncancel()
        finally:
            for timer in self._timers.values():
                timer.cancel()
        try:
            return await self._finish(self._conclude(ending))
        finally:
            # Else the two hold each other, until Python looks for such pairs.
            self._call.write = None

    def give_up(self, reason: str) -> None:
        """Tell the application that nobody waits any more, and cancel it soon."""
        if self._given_up is None:
            self._given_up = reason
            self._call.disconnect()
            self._after("cancel", self._notice, self._cancel)

    # Seconds from the one to the other.
    _notice = 0.0

    def _watch(self, patience: Patience | None) -> None:
        pass

    def _conclude(self, ending: Ending | None) -> int | None:
        call = self._call
        if ending is not None and (ending.expired or self._given_up is None):
            return self._handler._conclude(call, ending)
        call.log(logging.ERROR, f"was given up: {self._given_up}", call.error)
        return None if call.cycle.state is State.COMPLETE else 500

    async def _finish(self, status: int | None) -> Reply | None:
        if self._reply is None:
            await self._respond(status)
        assert self._reply is not None
        return await self._reply

    async def _write(self, chunk: bytes) -> None:
        call = self._call
        call.chunks.append(chunk)
        if len(call.chunks) == _MANY and self._source.name in prelude.SOURCES:
            _tell_of_streams()
        # What may yet make the invocation fail does not leave before the application has ended.
        if call.cycle.state is State.COMPLETE and not self._may_fail(call.cycle.status):
            await self._respond(None)
            await self._api.drain()

    async def _respond(self, status: int | None) -> None:
        rendered = self._handler._render(self._source, self._call, status)
        self._reply = await self._api.respond(self._invocation, encode_response(rendered))

    def _may_fail(self, status: int) -> bool:
        return status in self._handler._options.fail_on

    def _after(self, name: str, delay: float, callback: Callable[[], None]) -> None:
        if name in self._timers:
            self._timers[name].cancel()
        self._timers[name] = asyncio.get_running_loop().call_later(max(delay, 0), callback)

    def _cancel(self) -> None:
        assert self._task is not None
        self._task.cancel()


class StreamedDelivery(Delivery):
    """The response as a prelude and then its body, as it comes.

    idle: seconds without a part of the body after which it is given up, None: never.
    """

    def __init__(
        self, handler: Handler, source: Source, call: ApplicationCall, idle: float | None
    ) -> None:
        super().__init__(handler, source, call)
        self._idle = idle
        self._stream: Stream | None = None
        self._sent = 0
        self._too_large = False
        call.application = with_pathsend(call.application)

    _notice = 0.1

    def _watch(self, patience: Patience | None) -> None:
        if patience is not None:
            notice = min(self._notice, patience.margin / 2)
            self._after("deadline", patience.limit - notice, self._on_deadline)

    async def _write(self, chunk: bytes) -> None:
        cycle = self._call.cycle
        if self._may_fail(cycle.status):
            self._call.chunks.append(chunk)
            return
        complete = cycle.state is State.COMPLETE
        self._sent += len(chunk)
        if self._stream is None:
            await self._begin(chunk, complete)
        elif complete:
            self._stream.end(chunk)
            await self._stream.drain()
        elif chunk:
            await self._stream.write(chunk)
        if self._idle is not None and not complete:
            self._after("idle", self._idle, self._on_idle)

    async def _begin(self, chunk: bytes, complete: bool) -> None:
        if self._too_large:
            return
        cycle, options = self._call.cycle, self._handler._options
        response = Response(cycle.status, cycle.headers, b"", options.dropped)
        head = prelude.prelude(self._source.render(response))
        if len(head) > prelude.LARGEST:
            what = f"gave headers that are too large: {len(head)} bytes as JSON"
            self._call.log(logging.ERROR, f"{what}, and the front door takes {prelude.LARGEST}")
            self._too_large = True
            return
        self._stream = await self._api.stream(
            self._invocation, prelude.CONTENT_TYPE, head, chunk, whole=complete
        )
        self._stream.when_over(self._on_over)
        await self._stream.drain()

    async def _finish(self, status: int | None) -> Reply | None:
        """End the stream that has begun, or stream the answer that is left to us."""
        call = self._call
        if self._stream is None:
            status = 500 if self._too_large else status
            rendered = self._handler._render(self._source, call, status)
            body = prelude.whole(rendered)
            self._stream = await self._api.stream(
                self._invocation, prelude.CONTENT_TYPE, body, whole=True
            )
        elif status is None:
            if self._handler._options.access_log:
                call.log_access(call.cycle.status, self._sent)
        else:
            self._stream.end(trailers=self._trailers())
        try:
            return await self._stream.reply()
        except ConnectionLost as error:
            call.log(logging.WARNING, f"streamed a response that Lambda did not take: {error}")
            return None

    def _trailers(self) -> list[tuple[str, str]]:
        """What tells Lambda that the body is not whole."""
        error: Exception | None = self._call.error
        if error is None or self._given_up is not None:
            reason = self._given_up or "the application did not finish it"
            error = ResponseFailed(f"the response broke off: {reason}")
        failure = Failure(error, self._invocation.request_id)
        body = b64encode(json.dumps(failure.result).encode()).decode()
        return [(ERROR_TYPE, failure.result["errorType"]), (ERROR_BODY, body)]

    def _on_deadline(self) -> None:
        # Before that, a 504 is still possible.
        if self._stream is not None:
            self._give_up_stream("it was still going on at the deadline")

    def _on_idle(self) -> None:
        self._give_up_stream(f"there was nothing more for {self._idle:g} s")

    def _on_over(self) -> None:
        self._give_up_stream("Lambda takes no more of it")

    def _give_up_stream(self, reason: str) -> None:
        if self._call.cycle.state is not State.COMPLETE:
            self.give_up(reason)
