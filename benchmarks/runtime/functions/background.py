"""A response, and 30 ms of work after it. The body says when it is handed over."""

from __future__ import annotations

import asyncio
import time
from typing import Any

_HEADERS = [(b"content-type", b"text/plain; charset=utf-8")]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application; the time is in ns, of the clock that all processes share."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": b"<%020d>" % time.monotonic_ns()})
    await asyncio.sleep(0.03)
