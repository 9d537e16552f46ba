"""200 MB in parts of 1 MB, which are one object: the application itself takes no memory."""

from __future__ import annotations

from typing import Any

SIZE = 200 * 1024 * 1024

_PART = bytes(1024 * 1024)
_HEADERS = [(b"content-type", b"application/octet-stream")]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    for _ in range(SIZE // len(_PART)):
        await send({"type": "http.response.body", "body": _PART, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
