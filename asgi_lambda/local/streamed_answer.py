"""The answer that a front door makes of a streamed response, passed on as it comes.

Source: API Gateway guide, "Set up a Lambda proxy integration with payload response streaming";
Lambda guide, "Response streaming for Lambda functions". What becomes of a malformed prelude is told
nowhere: it is taken for a malformed response.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Final

from asgi_lambda.errors import AsgiLambdaError
from asgi_lambda.local.answer import Answer, MalformedResponse, has_body, head
from asgi_lambda.local.refusal import Cause, Refused
from asgi_lambda.runtime import prelude

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Message, Send
    from asgi_lambda.local.exchange import Exchange
    from asgi_lambda.local.front_door import FrontDoor

# Bytes that Lambda takes of a streamed response.
LIMIT: Final = 200 * 1024 * 1024
_KEYS: Final = frozenset({"statusCode", "headers", "multiValueHeaders", "cookies"})
# Seconds.
_FOREVER: Final = 1e9
# Bytes of a body that are kept, to be shown.
_KEPT: Final = 65_537


class Interrupted(AsgiLambdaError):
    """A stream broke off after its first byte, so that its client is cut off too."""


class StreamedAnswer:
    """The way of one response to its client.

    send: takes it as messages of ASGI; None where nobody does. request_id: the front door's, to be
    set. answer: its head, once there is one, and the beginning of its body. broken: why it ended
    early, else "".
    """

    def __init__(self, door: FrontDoor, exchange: Exchange, send: Send | None) -> None:
        self.request_id = ""
        self.answer: Answer | None = None
        self.broken = ""
        self._door, self._exchange, self._send = door, exchange, send
        self._refused: Refused | None = None
        self._start = b""
        self._size = 0
        self._over = asyncio.Event()
        self._heard = time.monotonic()

    async def begin(self, content_type: str) -> None:
        """A stream is there, of this content type."""
        if content_type == prelude.CONTENT_TYPE:
            return
        if self._door.source == "function-url":
            await self._begin(Answer(200, [("content-type", content_type)], b""))
        else:
            self._refuse(f"expected a stream of {prelude.CONTENT_TYPE}, got {content_type}")

    async def write(self, data: bytes) -> bool:
        """Pass a part on, and wait until the client has taken it; whether Lambda takes more."""
        self._heard = time.monotonic()
        self._size += len(data)
        if self._size > LIMIT:
            self.give_up(Cause.FAILED, f"expected at most {LIMIT} bytes, got more")
            return False
        # What a front door has no use for, Lambda takes all the same.
        if not self._over.is_set() and self.answer is None:
            data = await self._read_prelude(data)
        if not self._over.is_set() and data:
            await self._pass_on(data)
        self._heard = time.monotonic()
        return True

    async def end(self, error: str = "") -> None:
        """There is nothing more; error: the type of the one that ended it early."""
        if self._over.is_set():
            return
        if error or self.answer is None:
            self.give_up(Cause.FAILED, f"the stream ended early: {error or 'within its prelude'}")
        else:
            await self._tell({"type": "http.response.body", "body": b"", "more_body": False})
            self._over.set()

    def give_up(self, cause: Cause, message: str) -> None:
        """Pass nothing on any more: a refusal where nothing was, else the client is cut off."""
        if self._over.is_set():
            return
        if self.answer is None:
            self._refused = Refused(cause, message)
        else:
            self.broken = message
        self._over.set()

    async def wait(self, task: asyncio.Task[None]) -> None:
        """Wait for its end, for the task that writes it, or as long as the front door waits."""
        over = asyncio.create_task(self._over.wait())
        latest = self._heard + (self._door.patience or _FOREVER)
        while not (task.done() or over.done()):
            due = min(latest, self._heard + (self._door.idle or _FOREVER)) - time.monotonic()
            if due <= 0:
                self.give_up(Cause.PATIENCE, "expected more of the response by now")
            await asyncio.wait({task, over}, timeout=due, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()

    def result(self, failed: str) -> Answer | None:
        """What was passed on, and None where nothing was. Raises Refused.

        failed: why no more of it will come, where that is so, else "".
        """
        if failed:
            self.give_up(Cause.FAILED, failed)
        if self._refused is not None:
            raise self._refused
        return self.answer

    def _refuse(self, message: str) -> None:
        self.give_up(Cause.FAILED, message)

    async def _read_prelude(self, data: bytes) -> bytes:
        """Take what may belong to the prelude; the part of the body behind it."""
        self._start += data
        fields, delimiter, rest = self._start.partition(prelude.DELIMITER)
        size = len(fields) + len(delimiter)
        if self._door.source == "rest-api" and size > prelude.LARGEST:
            self._refuse(f"expected a prelude of at most {prelude.LARGEST} bytes, got more")
        elif delimiter:
            self._start = b""
            try:
                await self._begin(read(self._door.source, fields))
            except MalformedResponse as error:
                self._refuse(str(error))
        return rest

    async def _begin(self, answer: Answer) -> None:
        answer.headers += self._door.identify(self.request_id)
        self._exchange.answer = self.answer = answer
        fields = [(name.encode(), value.encode()) for name, value in answer.headers]
        await self._tell(
            {"type": "http.response.start", "status": answer.status, "headers": fields}
        )

    async def _pass_on(self, data: bytes) -> None:
        answer = self.answer
        if answer is None or not has_body(answer, self._exchange.request.method):
            return
        answer.size += len(data)
        answer.body += data[: _KEPT - len(answer.body)]
        if self._exchange.scope is None:  # else its own messages are there
            self._exchange.note("passed on", {"type": f"{len(data)} bytes"})
        await self._tell({"type": "http.response.body", "body": data, "more_body": True})

    async def _tell(self, message: Message) -> None:
        if self._send is not None:
            try:
                await self._send(message)
            except OSError:  # the client has left, of which Lambda does not know
                self._send = None


def read(source: str, text: bytes) -> Answer:
    """The head that a prelude says. Raises MalformedResponse."""
    try:
        fields = json.loads(text)
    except ValueError as error:
        raise MalformedResponse(f"prelude: expected JSON, got other text: {error}") from error
    if not isinstance(fields, dict):
        raise MalformedResponse(f"prelude: expected an object, got {type(fields).__name__}")
    if source == "rest-api" and (others := sorted(fields.keys() - _KEYS)):
        raise MalformedResponse(f"prelude: expected keys of {sorted(_KEYS)}, got {others}")
    return head(source, fields)
