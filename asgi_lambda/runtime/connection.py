"""One connection that is kept for many requests: bytes go out at once, replies come as futures.

Once it is lost every wait on it ends, and every later one fails. Knows nothing of Lambda.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from asgi_lambda.runtime.replies import MalformedReply, Reply, ReplyParser

if TYPE_CHECKING:
    from collections.abc import Callable

    ReplyToCome = asyncio.Future[Reply]


# Bytes; above it another call of the system is cheaper than a copy.
_WORTH_COPYING: Final = 65_536


class ConnectionLost(ConnectionError):
    """The connection has ended, or what came on it was no reply."""


class NoServer(ConnectionLost):
    """There is nobody to connect to."""


# What came in is parsed before anything else is read, so all connections share it: they are on one
# loop. Else asyncio would make room for 256 KiB at each read, which takes a sixth of a turn.
_incoming: Final = memoryview(bytearray(65_536))


class Connection(asyncio.BufferedProtocol):
    """A connection to a server.

    on_loss: called once, when it is lost and we have not closed it.
    """

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self.on_loss: Callable[[], None] | None = None
        self.lost: ConnectionLost | None = None
        self._parser = ReplyParser()
        self._expected: deque[ReplyToCome] = deque()
        self._then: Callable[[Reply], object] | None = None
        self._drained: asyncio.Future[None] | None = None

    @classmethod
    async def open(cls, address: str) -> Connection:
        """A new connection to `host:port`. Raises NoServer."""
        host, _, port = address.rpartition(":")
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(cls, host.strip("[]"), int(port))
        except OSError as error:
            raise NoServer(f"no server at {address}: {error}") from None
        return connection

    def send(self, *parts: bytes) -> None:
        """Write at once as much as the system takes. Raises ConnectionLost."""
        if self.lost is not None:
            raise self.lost
        if sum(map(len, parts)) <= _WORTH_COPYING:
            parts = (b"".join(parts),)
        for part in parts:
            self._transport.write(part)

    async def drain(self) -> None:
        """Wait until the system has taken everything. Raises ConnectionLost."""
        if self.lost is None and self._drained is not None:
            # A shield, since each of several waiters may be cancelled by itself.
            await asyncio.shield(self._drained)
        if self.lost is not None:
            raise self.lost

    def reply(self) -> ReplyToCome:
        """The reply to the latest request; it may raise ConnectionLost."""
        future: ReplyToCome = asyncio.get_running_loop().create_future()
        if self.lost is None:
            self._expected.append(future)
        else:
            _fail(future, self.lost)
        return future

    def then(self, call: Callable[[Reply], object]) -> None:
        """Call it with the reply that is awaited, if any, before whoever waits has a turn."""
        if self._expected:
            self._then = call

    def close(self) -> None:
        """End it, and every wait on it."""
        self.on_loss = None
        self._transport.abort()
        self._end(ConnectionLost("the connection was closed"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # the others carry no stream
        self._transport = transport
        # So that whoever writes is held back as soon as the reader is.
        transport.set_write_buffer_limits(0)

    def get_buffer(self, sizehint: int) -> memoryview:
        return _incoming

    def buffer_updated(self, nbytes: int) -> None:
        try:
            self._take(self._parser.feed(_incoming[:nbytes]))
        except MalformedReply as error:
            self._break_off(str(error))

    def eof_received(self) -> bool:
        try:
            self._take(self._parser.feed_end())
        except MalformedReply as error:
            self._break_off(str(error))
        return False

    def _take(self, replies: list[Reply]) -> None:
        for reply in replies:
            if not self._expected:
                raise MalformedReply("a reply that nobody asked for")
            future = self._expected.popleft()
            if not future.cancelled():
                future.set_result(reply)
            then, self._then = self._then, None
            if not reply.reusable:
                self.close()
            elif then is not None:
                then(reply)

    def _break_off(self, reason: str) -> None:
        self._end(ConnectionLost(reason))
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(ConnectionLost(f"the connection was lost: {exc or 'the server closed it'}"))
        on_loss, self.on_loss = self.on_loss, None
        if on_loss is not None:
            on_loss()

    def _end(self, error: ConnectionLost) -> None:
        self._then = None
        if self.lost is None:
            self.lost = error
        while self._expected:
            _fail(self._expected.popleft(), self.lost)
        self.resume_writing()

    def pause_writing(self) -> None:
        self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None:
            drained.set_result(None)


def _fail(future: ReplyToCome, error: ConnectionLost) -> None:
    if not future.cancelled():
        future.set_exception(error)
        future.exception()  # else asyncio would complain where nobody asks
