"""A client that is connected, or about to be: what is told about it, and the way to it."""

from __future__ import annotations

import asyncio
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from asgi_lambda.local.websocket_event import short_id

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Message, Pair, Send
    from asgi_lambda.local.request import Request

# Seconds. Source: API Gateway guide, "Quotas for configuring and running a WebSocket API".
IDLE: Final = 600.0
AGE: Final = 7200.0
# Code and reason of its end, as captures of such connections have them.
EXPIRED: Final = (1001, "Going away")
DELETED: Final = (1000, "Connection Closed Normally")


class Clock:
    """The time (s since the epoch), and waiting for it; tests have another one."""

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Gone(Exception):
    """The client cannot be reached: not yet, or no more."""


class Connection:
    """A client's socket.

    handshake: the request that it began with. end: code and reason of a close from this side.
    """

    __slots__ = ("_active", "_clock", "_send", "connected_at", "end", "handshake", "id", "open")

    def __init__(self, handshake: Request, send: Send, clock: Clock) -> None:
        self.handshake = handshake
        self.id = short_id(str(uuid.uuid4()))
        self.connected_at = int(clock.now() * 1000)
        self.open = False
        self.end: tuple[int, str] | None = None
        self._active = self.connected_at / 1000
        self._clock = clock
        self._send = send

    @property
    def active_at(self) -> int:
        """When a message passed last, in ms since the epoch."""
        return int(self._active * 1000)

    @property
    def left(self) -> float:
        """Seconds until it is closed, if no message passes."""
        end = min(self._active + IDLE, self.connected_at / 1000 + AGE)
        return end - self._clock.now()

    def touch(self) -> None:
        """Note that a message passes."""
        self._active = self._clock.now()

    async def accept(self, subprotocol: str | None, headers: list[Pair]) -> None:
        """Open it. Raises Gone."""
        await self._pass(
            {"type": "websocket.accept", "subprotocol": subprotocol, "headers": headers}
        )
        self.open = True

    async def post(self, text: str) -> None:
        """Send the client a message. Raises Gone."""
        if not self.open:
            raise Gone
        await self._pass({"type": "websocket.send", "text": text})
        self.touch()

    async def close(self, code: int, reason: str = "") -> None:
        """Close it from this side; one that is not open stays as it is."""
        if self.open:
            self.open = False
            self.end = code, reason
            with suppress(Gone):
                await self._pass({"type": "websocket.close", "code": code, "reason": reason})

    async def expire(self) -> None:
        """Close it once it is idle or old enough."""
        while (left := self.left) > 0:
            await self._clock.sleep(left)
        await self.close(*EXPIRED)

    async def _pass(self, message: Message) -> None:
        try:
            await self._send(message)
        except (OSError, RuntimeError) as error:
            # The one for a client that left; uvicorn raises the other where it closed the socket
            # itself, of which `receive` tells later.
            self.open = False
            raise Gone from error
