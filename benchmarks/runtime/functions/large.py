"""4.4 MB that are no text. As base64 they nearly fill what Lambda takes."""

from __future__ import annotations

from typing import Any

CONTENT = bytes(range(256)) * (4_400_000 // 256)

_HEADERS = [
    (b"content-type", b"application/octet-stream"),
    (b"content-length", b"%d" % len(CONTENT)),
]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI application."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": CONTENT})
