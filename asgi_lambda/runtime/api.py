"""Lambda's Runtime API, as one poller calls it: the next invocation, and what became of it.

Source: the Lambda guide, "Using the Lambda runtime API for custom runtimes".
"""

from __future__ import annotations

import asyncio
import functools
import sys
from typing import TYPE_CHECKING, Final

from asgi_lambda import __version__
from asgi_lambda.runtime import requests
from asgi_lambda.runtime.connection import Connection, ConnectionLost
from asgi_lambda.sources.source import LAMBDA_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from asgi_lambda.runtime.connection import ReplyToCome
    from asgi_lambda.runtime.replies import Reply
    from asgi_lambda.runtime.results import Results
    from asgi_lambda.runtime.stream import Stream

    Fields = Iterable[tuple[str, str]]

RUNTIME: Final = "/2018-06-01/runtime"
_NEXT: Final = f"{RUNTIME}/invocation/next"
# Bytes: well below what Lambda takes. Behind a larger result there may have to be another one.
_SURELY_TAKEN: Final = LAMBDA_LIMIT * 9 // 10
_INVOCATION_ID: Final = "lambda-runtime-invocation-id"
ERROR_TYPE: Final = "Lambda-Runtime-Function-Error-Type"
ERROR_BODY: Final = "Lambda-Runtime-Function-Error-Body"
_XRAY_CAUSE: Final = "Lambda-Runtime-Function-XRay-Error-Cause"
# Source: AWS's Python runtime client, which leaves a larger one out.
_LARGEST_CAUSE: Final = 1024 * 1024
_USER_AGENT: Final = f"asgi-lambda/{__version__} python/{sys.version.partition(' ')[0]}"


class Refused(Exception):
    """A reply of the Runtime API that says no."""

    def __init__(self, what: str, reply: Reply) -> None:
        text = reply.body[:300].decode("utf-8", "replace")
        super().__init__(f"the Runtime API answered {what} with {reply.status}: {text}")
        self.status = reply.status


class Invocation:
    """An event, as it came, with what Lambda says of it.

    headers: those of the reply, names lower case. body: JSON.
    """

    __slots__ = ("body", "headers", "request_id")

    def __init__(self, headers: Mapping[str, str], body: bytes) -> None:
        self.headers = headers
        self.body = body
        self.request_id = headers.get("lambda-runtime-aws-request-id", "")

    def path(self, end: str) -> str:
        return f"{RUNTIME}/invocation/{self.request_id}/{end}"

    def echo(self) -> list[tuple[str, str]]:
        """What says which attempt an answer belongs to, since request ids may repeat."""
        nonce = self.headers.get(_INVOCATION_ID)
        return [] if nonce is None else [("Lambda-Runtime-Invocation-Id", nonce)]


class RuntimeAPI:
    """The calls of one poller, over one connection that is kept.

    on_loss: called where that connection is lost between two calls, and there is no server any
    more: nobody will ever ask for what runs here. results: where results leave, so that the next
    invocation is asked for before; None: after them. goes_on: whether there is to be a next one.
    """

    def __init__(
        self,
        address: str,
        on_loss: Callable[[ConnectionLost], object] = lambda _: None,
        results: Results | None = None,
        goes_on: Callable[[], bool] = lambda: True,
    ) -> None:
        self._address = address
        self._on_loss = on_loss
        self.results = results
        self._goes_on = goes_on
        self._connection: Connection | None = None
        self._reconnecting: asyncio.Task[None] | None = None
        self._asked: ReplyToCome | None = None
        self._own: Final = [("Host", address), ("User-Agent", _USER_AGENT)]
        self._question: Final = requests.head("GET", _NEXT, self._own)  # the same each time

    async def next(self) -> Invocation:
        """The next invocation, whenever it comes. Raises ConnectionLost and Refused."""
        asked, self._asked = self._asked, None
        try:
            reply = await (asked or self._begin(await self._connected(), self._question))
        except asyncio.CancelledError:  # else an event might come for which there is nobody
            self.close()
            raise
        if reply.status != 200:
            self.results = None
            raise Refused("/next", reply)
        return Invocation(reply.headers, reply.body)

    @property
    def has_asked(self) -> bool:
        """Whether the next invocation may come before the reply to a result."""
        return self._asked is not None

    def ask(self, length: int) -> None:
        """Ask for the next invocation, where one is over but for the reply to its result.

        length: bytes of that. Where results leave by themselves the question waits for none, since
        Lambda refuses what comes in between; else it goes as soon as the reply is read.
        """
        connection = self._connection
        if connection is None or connection.lost is not None or not self._goes_on():
            return
        if self._results_for(length) is not None:
            self._asked = self._begin(connection, self._question)
        else:
            connection.then(functools.partial(self._ask_behind, connection))

    def _ask_behind(self, connection: Connection, reply: Reply) -> None:
        # Where it was not taken, another result may have to come first.
        if reply.status < 400 and self._goes_on():
            self._asked = self._begin(connection, self._question)

    async def respond(
        self,
        invocation: Invocation,
        *body: bytes,
        content_type: str = "application/json",
        last: bool = False,
    ) -> ReplyToCome:
        """Begin to hand a response over; what comes back is the reply that will follow.

        body: in pieces, as a large one is not to be copied. last: nothing of this invocation is
        left to be done, so `ask`. Raises ConnectionLost, as the reply may.
        """
        length = sum(map(len, body))
        of_body = [("Content-Type", content_type), ("Content-Length", str(length))]
        fields = [*self._own, *of_body, *invocation.echo()]
        head = requests.head("POST", invocation.path("response"), fields)
        results = self._results_for(length)
        if results is None:
            reply = self._begin(await self._connected(), head, *body)
            if last:
                self.ask(length)
            return reply
        if last:
            self.ask(length)
            # A client that has its answer may come back at once: the question is to be there first.
            await asyncio.sleep(0)
        return await results.send(head, *body)

    def _results_for(self, length: int) -> Results | None:
        return self.results if length < _SURELY_TAKEN else None

    async def fail(self, invocation: Invocation, error: bytes, cause: str) -> Reply:
        """Report an error, as JSON, with what X-Ray wants to know. Raises ConnectionLost."""
        fields = [("Content-Type", "application/json"), *invocation.echo()]
        if len(cause.encode()) < _LARGEST_CAUSE:
            fields.append((_XRAY_CAUSE, cause))
        return await self.call("POST", invocation.path("error"), fields, error)

    async def stream(
        self, invocation: Invocation, content_type: str, *body: bytes, whole: bool = False
    ) -> Stream:
        """Begin a response with the first part of its body, which may be all of it.

        Raises ConnectionLost.
        """
        from asgi_lambda.runtime.stream import Stream  # most functions do not stream

        fields = [
            *self._own,
            ("Content-Type", content_type),
            ("Lambda-Runtime-Function-Response-Mode", "streaming"),
            ("Transfer-Encoding", "chunked"),
            ("Trailer", ERROR_TYPE),
            ("Trailer", ERROR_BODY),
            *invocation.echo(),
        ]
        head = requests.head("POST", invocation.path("response"), fields)
        end = requests.last_chunk() if whole else b""
        connection = await self._connected()
        # It cannot be used again, and whoever streams watches it.
        self._connection = connection.on_loss = None
        connection.send(head, *requests.chunk(*body), end)
        # The next call need not wait for another one.
        self._replace_connection()
        return Stream(connection)

    async def drain(self) -> None:
        """Wait until the system has taken what was sent. Raises ConnectionLost."""
        if self._connection is not None:
            await self._connection.drain()

    async def call(self, method: str, path: str, fields: Fields = (), body: bytes = b"") -> Reply:
        """The reply to any request. Raises ConnectionLost."""
        return await (await self.begin(method, path, fields, body))

    async def begin(self, method: str, path: str, fields: Fields = (), *body: bytes) -> ReplyToCome:
        """Send any request; what comes back is the reply to come. Raises ConnectionLost."""
        fields = [*self._own, *fields]
        if method == "POST":
            fields.append(("Content-Length", str(sum(map(len, body)))))
        return self._begin(await self._connected(), requests.head(method, path, fields), *body)

    def _begin(self, connection: Connection, *request: bytes) -> ReplyToCome:
        reply = connection.reply()
        connection.send(*request)
        return reply

    async def _connected(self) -> Connection:
        if self._reconnecting is not None:
            await asyncio.wait([self._reconnecting])
        if self._connection is None or self._connection.lost is not None:
            await self._connect()
        assert self._connection is not None
        return self._connection

    async def _connect(self) -> None:
        connection = self._connection = await Connection.open(self._address)
        # A server may close a connection that is not used for long; is it there at all?
        connection.on_loss = self._replace_connection

    def _replace_connection(self) -> None:
        self._reconnecting = asyncio.get_running_loop().create_task(self._reconnect())

    async def _reconnect(self) -> None:
        try:
            await self._connect()
        except ConnectionLost as error:
            self._on_loss(error)
        finally:
            self._reconnecting = None

    def close(self) -> None:
        """End the connection; the next call makes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
