"""Connections for results, beside those on which pollers ask for invocations."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING

from asgi_lambda.runtime.connection import Connection

if TYPE_CHECKING:
    from asgi_lambda.runtime.connection import ReplyToCome


class Results:
    """As many connections as results are under way at once; each is kept for later ones."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._opening = asyncio.Lock()
        self._idle: list[Connection] = []
        self._under_way: set[ReplyToCome] = set()

    async def send(self, *request: bytes) -> ReplyToCome:
        """Hand one over; what comes back is the reply that will follow. Raises ConnectionLost."""
        connection = self._kept() or await self._kept_or_new()
        reply = connection.reply()
        connection.send(*request)
        self._under_way.add(reply)
        reply.add_done_callback(functools.partial(self._keep, connection))
        return reply

    async def close(self) -> None:
        """Wait until each has its reply, or its connection is lost, and end the connections."""
        if self._under_way:
            await asyncio.wait(self._under_way)
        for connection in self._idle:
            connection.close()

    async def _kept_or_new(self) -> Connection:
        # One after the other, since most results are taken before a connection is there.
        async with self._opening:
            return self._kept() or await Connection.open(self._address)

    def _kept(self) -> Connection | None:
        while self._idle:
            # The latest one, so that the others may rest.
            connection = self._idle.pop()
            if connection.lost is None:
                return connection
        return None

    def _keep(self, connection: Connection, reply: ReplyToCome) -> None:
        self._under_way.discard(reply)
        self._idle.append(connection)
