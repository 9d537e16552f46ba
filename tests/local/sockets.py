"""A client's socket as an ASGI server has it, and a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import anyio

from asgi_lambda.local.websocket_connection import Clock

SECONDS = 30


class Socket:
    """A socket at `app`, from its handshake on; `end` waits until the application returns."""

    def __init__(
        self,
        app: Any,
        target: str = "/prod",
        headers: Iterable[tuple[bytes, bytes]] = (),
        extensions: Any = "websocket.http.response",
    ) -> None:
        path, _, query = target.partition("?")
        scope: dict[str, Any] = {
            "type": "websocket",
            "scheme": "ws",
            "path": path,
            "query_string": query.encode(),
            "headers": [(b"host", b"127.0.0.1:8000"), (b"user-agent", b"tests"), *headers],
            "client": ("127.0.0.1", 5000),
            "server": ("127.0.0.1", 8000),
            "extensions": {extensions: {}} if extensions else None,
        }
        # What the next `send` raises, as servers do once the client is gone.
        self.broken: Exception | None = None
        self._received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._received.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(app(scope, self._received.get, self._send))

    async def _send(self, message: dict[str, Any]) -> None:
        if self.broken is not None:
            raise self.broken
        self._sent.put_nowait(message)

    async def next(self) -> dict[str, Any]:
        """The next message of the application."""
        with anyio.fail_after(SECONDS):
            return await self._sent.get()

    def silent(self) -> bool:
        """Whether no message of the application is left."""
        return self._sent.empty()

    def say(self, text: str) -> None:
        self._received.put_nowait({"type": "websocket.receive", "text": text})

    def say_bytes(self, data: bytes) -> None:
        self._received.put_nowait({"type": "websocket.receive", "bytes": data})

    def leave(self, **fields: Any) -> None:
        self._received.put_nowait({"type": "websocket.disconnect", **fields})

    async def end(self) -> None:
        with anyio.fail_after(SECONDS):
            await self.task


class StillClock(Clock):
    """A clock that somebody else moves on."""

    def __init__(self) -> None:
        self.time = 1_700_000_000.25
        self._sleeping: list[tuple[float, asyncio.Event]] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self._sleeping.append((self.time + seconds, woken))
        await woken.wait()

    def move(self, seconds: float) -> None:
        self.time += seconds
        for until, woken in self._sleeping:
            if until <= self.time:
                woken.set()
