"""A line of text; below /hold after a while, so that many requests can be seen to be under way."""

from __future__ import annotations

import asyncio
from typing import Any

HOLD = 0.1
GREETING = b"Hello from the application"

_HEADERS = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"26")]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application."""
    while (await receive()).get("more_body"):
        pass
    if scope["path"] == "/hold":
        await asyncio.sleep(HOLD)
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": GREETING})
