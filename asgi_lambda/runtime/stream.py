"""A response that leaves in parts, over a connection that is for it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgi_lambda.runtime import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_lambda.runtime.connection import Connection, ReplyToCome


class Stream:
    """A response whose head, and perhaps more, is sent."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._reply = connection.reply()

    def when_over(self, callback: Callable[[], object]) -> None:
        """Call it as soon as the other side has answered, or is gone: it may be too early."""
        self._reply.add_done_callback(lambda _: callback())

    async def write(self, data: bytes) -> None:
        """Send a part of the body, and wait until it is taken. Raises ConnectionLost."""
        self._connection.send(*requests.chunk(data))
        await self._connection.drain()

    async def drain(self) -> None:
        """Wait until the system has taken everything. Raises ConnectionLost."""
        await self._connection.drain()

    def end(self, data: bytes = b"", trailers: Iterable[tuple[str, str]] = ()) -> None:
        """End the body with its last part, unless the other side takes no more of it."""
        if not self._reply.done():
            self._connection.send(*requests.chunk(data), requests.last_chunk(trailers))

    def reply(self) -> ReplyToCome:
        """The reply, after which the connection is closed; it may raise ConnectionLost."""
        self._reply.add_done_callback(lambda _: self._connection.close())
        return self._reply
