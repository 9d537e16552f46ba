"""A client of an ASGI application that sees each message as it is sent, and may be slow."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Self

import anyio

_SECONDS = 30


class Client:
    """One request; an asynchronous context manager.

    reads: clear it to take no more than the message that is under way. error: what the application
    raised.
    """

    def __init__(self, app: Any, path: str = "/", query: str = "") -> None:
        self.reads = asyncio.Event()
        self.reads.set()
        self.error: BaseException | None = None
        self.gone = False
        self._sent: asyncio.Queue[Any] = asyncio.Queue()
        self._app = app
        self._scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": [(b"host", b"localhost")],
            "client": ("127.0.0.1", 5000),
        }

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def next(self) -> Any:
        """The next message, None at the end."""
        with anyio.fail_after(_SECONDS):
            return await self._sent.get()

    async def rest(self) -> bytes:
        """The body from here on."""
        body = b""
        while (message := await self.next()) is not None:
            body += message.get("body", b"")
        return body

    async def _run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._send)
        except Exception as error:
            self.error = error
        self._sent.put_nowait(None)

    async def _receive(self) -> Any:
        return {"type": "http.request"}

    async def _send(self, message: Any) -> None:
        await self.reads.wait()
        if self.gone:
            raise OSError("nobody is there")
        self._sent.put_nowait(message)


def headers(message: Any) -> list[tuple[str, str]]:
    """Those of the start of a response, in order, without its id."""
    pairs = [(name.decode(), value.decode()) for name, value in message["headers"]]
    return [pair for pair in pairs if pair[0] != "x-amzn-requestid"]
