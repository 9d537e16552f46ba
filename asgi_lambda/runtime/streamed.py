"""One request whose response is streamed: it leaves as it comes."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from typing import TYPE_CHECKING

from asgi_lambda.errors import ResponseFailed
from asgi_lambda.protocols.http import State
from asgi_lambda.response import Response
from asgi_lambda.runtime import prelude
from asgi_lambda.runtime.abroad import LoopAbroad
from asgi_lambda.runtime.api import ERROR_BODY, ERROR_TYPE
from asgi_lambda.runtime.buffered import BufferedDelivery
from asgi_lambda.runtime.connection import ConnectionLost
from asgi_lambda.runtime.errors import Failure
from asgi_lambda.runtime.pathsend import with_pathsend

if TYPE_CHECKING:
    from asgi_lambda.adapter import Handler
    from asgi_lambda.application import ApplicationCall
    from asgi_lambda.deadline import Patience
    from asgi_lambda.runtime.connection import ReplyToCome
    from asgi_lambda.runtime.stream import Stream
    from asgi_lambda.sources.source import Source


class StreamedDelivery(BufferedDelivery):
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

    _notice = 0.1

    def _prepare(self, call: ApplicationCall) -> None:
        super()._prepare(call)
        if not isinstance(self._loop, LoopAbroad):
            call.application = with_pathsend(call.application)

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

    async def _finish(self, status: int | None) -> ReplyToCome | None:
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
        reply = self._stream.reply()
        try:
            await self._stream.drain()
            await reply
        except ConnectionLost as error:
            call.log(logging.WARNING, f"streamed a response that Lambda did not take: {error}")
            return None
        return reply

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
