"""One poller: asks for invocations, one after the other, and tells what became of each."""

from __future__ import annotations

import asyncio
import functools
import logging
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda import sources
from asgi_lambda.errors import UnsupportedEvent
from asgi_lambda.response import Response
from asgi_lambda.runtime import marshal, prelude
from asgi_lambda.runtime.api import Refused
from asgi_lambda.runtime.connection import ConnectionLost
from asgi_lambda.runtime.errors import Failure, Fault

if TYPE_CHECKING:
    from asgi_lambda.runtime.api import Invocation, RuntimeAPI
    from asgi_lambda.runtime.connection import ReplyToCome
    from asgi_lambda.runtime.logs import Log
    from asgi_lambda.runtime.replies import Reply
    from asgi_lambda.sources.source import Source

logger = logging.getLogger("asgi_lambda")

# How often `/next` is tried where others go on, and how long (s) until the second time.
# Source: AWS's Python runtime client.
_ATTEMPTS: Final = 5
_FIRST_DELAY: Final = 0.1


class Poller:
    """The invocations of one connection.

    streams: whether the front doors that can take a stream want one. patient: whether others go on
    where a call fails, so that this one is to go on too.
    """

    def __init__(self, api: RuntimeAPI, log: Log, *, streams: bool, patient: bool) -> None:
        self.api = api
        self._log = log
        self._streams = streams
        self._patient = patient
        self._attempts = _ATTEMPTS if patient else 1

    async def next(self) -> Invocation:
        """The next invocation. Raises ConnectionLost and Refused."""
        delay = _FIRST_DELAY
        for attempt in range(1, self._attempts):
            try:
                return await self.api.next()
            except (ConnectionLost, Refused) as error:
                logger.warning("Attempt %d to get the next invocation failed: %s", attempt, error)
            await asyncio.sleep(delay)
            delay *= 2
        return await self.api.next()

    async def succeed(self, invocation: Invocation, event: Any, result: Any) -> None:
        """Hand over what a function returned. Raises ConnectionLost and Refused."""
        if self._streams and prelude.is_response(result) and _front_door(event):
            body, content_type = prelude.whole(result), prelude.CONTENT_TYPE
            stream = await self.api.stream(invocation, content_type, body, whole=True)
            reply = stream.reply()
        else:
            try:
                body, content_type = marshal.encode(result)
            except Fault as fault:
                await self.fail(invocation, fault)
                return
            reply = await self.api.respond(invocation, body, content_type=content_type, last=True)
        await self.settle(invocation, event, reply)

    async def fail(self, invocation: Invocation, error: BaseException) -> None:
        """Log an error of the function, and report it. Raises ConnectionLost and Refused."""
        failure = Failure(error, invocation.request_id)
        self._log.report(failure.result)
        body, cause = marshal.to_json(failure.result), marshal.to_json(failure.cause)
        self._judge(await self.api.fail(invocation, body.encode(), cause), invocation)

    async def settle(self, invocation: Invocation, event: Any, result: ReplyToCome | None) -> None:
        """See to it that the client has an answer, whatever Lambda says to ours.

        Where the next invocation is asked for already, that is not waited for. Raises
        ConnectionLost and Refused.
        """
        if result is None:
            return
        if self.api.has_asked:
            result.add_done_callback(functools.partial(self._look_at, invocation))
            return
        reply = await result
        if reply.status != 413 or (self._streams and _front_door(event)):
            self._judge(reply, invocation)
            return
        logger.error("The response is larger than Lambda takes (request %s)", invocation.request_id)
        source = _front_door(event, every=True)
        if source is None:
            what = "Response payload size exceeded maximum allowed payload size"
            await self.fail(invocation, Fault("Function.ResponseSizeTooLarge", what))
            return
        answer = marshal.encode_response(source.render(Response.plain(500, "")))
        self._judge(await (await self.api.respond(invocation, *answer)), invocation)

    def _look_at(self, invocation: Invocation, result: ReplyToCome) -> None:
        if (error := result.exception()) is None:
            self._judge(result.result(), invocation)
        else:
            not_taken(invocation, error)

    def _judge(self, reply: Reply, invocation: Invocation) -> None:
        """Go on, unless the reply says that there is nothing to go on with. Raises Refused."""
        if reply.status >= 400:
            self.api.results = None
        if reply.status == 410:
            what = "The result came too late, and was dropped"
            logger.warning("%s (request %s)", what, invocation.request_id)
        elif reply.status >= 400:
            refused = Refused("the result of an invocation", reply)
            if reply.status >= 500 and not self._patient:
                raise refused
            logger.error("%s (request %s)", refused, invocation.request_id)


def not_taken(invocation: Invocation, error: BaseException) -> None:
    """Log that a connection was lost with a result on it. One of many: others go on."""
    what = "The result of an invocation was not taken"
    logger.error("%s: %s (request %s)", what, error, invocation.request_id)


def _front_door(event: Any, every: bool = False) -> Source | None:
    """The source of a request, where it takes streams, or any source at all."""
    try:
        source = sources.detect(event)
    except UnsupportedEvent:
        return None
    if source is None or not (every or source.name in prelude.SOURCES):
        return None
    return source
