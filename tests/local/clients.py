"""A client of an ASGI application, without a server; its lifespan too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx


def connect(app: Any) -> httpx.AsyncClient:
    """A client whose every request goes to `app`."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000")


def ask(app: Any, path: str = "/", method: str = "GET", **arguments: Any) -> httpx.Response:
    """The answer to one request, on a loop of its own."""

    async def main() -> httpx.Response:
        async with connect(app) as client:
            return await client.request(method, path, **arguments)

    return anyio.run(main)


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[list[dict[str, Any]]]:
    """The lifespan of `app` around a block; what it sends is in the list."""
    sent: list[dict[str, Any]] = []
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    told = asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        told.set()

    messages.put_nowait({"type": "lifespan.startup"})
    task = asyncio.create_task(app({"type": "lifespan"}, messages.get, send))
    await told.wait()
    yield sent
    messages.put_nowait({"type": "lifespan.shutdown"})
    await task
