"""A body in ten parts, 10 ms apart. The first one says when it is handed over."""

from __future__ import annotations

import asyncio
import time
from typing import Any

_HEADERS = [(b"content-type", b"text/plain; charset=utf-8")]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application; the time is in ns, of the clock that all processes share."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    part = b"<%020d>" % time.monotonic_ns()
    await send({"type": "http.response.body", "body": part, "more_body": True})
    for number in range(9):
        await asyncio.sleep(0.01)
        part = b"part %d" % number
        await send({"type": "http.response.body", "body": part, "more_body": number < 8})
