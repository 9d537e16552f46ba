"""`http.response.pathsend`: an application names a file, and its bytes are streamed.

Source: ASGI specification, "Path Send" extension.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, BinaryIO, Final

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import ASGI3Application, Message, Receive, Scope, Send

_EXTENSION: Final = "http.response.pathsend"
# Bytes of the file in memory.
_PIECE: Final = 262_144


def with_pathsend(application: ASGI3Application) -> ASGI3Application:
    """The application, offered the extension, with its files sent as bodies."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_files(message: Message) -> None:
            if message.get("type") == _EXTENSION:
                await _send_file(message["path"], send)
            else:
                await send(message)

        scope["extensions"][_EXTENSION] = {}
        await application(scope, receive, send_files)

    return call


async def _send_file(path: Any, send: Send) -> None:
    """Send a file as the rest of the body. Raises OSError where it cannot be read."""
    # A disk may be slow, and others run on this loop.
    file: BinaryIO = await asyncio.to_thread(open, path, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        file.close()
