"""The ASGI application of these tests: each path ends in another way.

It notes its steps on standard output, which the runtime and the emulator share with the test.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
from typing import Any

# More than Lambda's clients take, as text and as base64.
TOO_LARGE = 7_000_000


def note(what: str) -> None:
    """Let the test know: in one piece, and also when the process is killed right after."""
    os.write(1, f"note {os.getpid()} {time.monotonic_ns()} {what}\n".encode())


def where() -> dict[str, int]:
    """The process and the event loop that run this."""
    return {"pid": os.getpid(), "loop": id(asyncio.get_running_loop())}


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    note(f"request {scope['path']}")
    if scope["path"] == "/where":
        await _respond(send, json.dumps(where()).encode(), b"application/json")
    elif scope["path"] == "/digest":
        await _digest(receive, send)
    elif scope["path"] == "/too-large":
        await _respond(send, bytes(TOO_LARGE), b"application/octet-stream")
    elif scope["path"] == "/raise":
        raise RuntimeError("the application has a fault")
    elif scope["path"] == "/hang":
        await _hang()
    elif scope["path"] == "/swallow":
        await _swallow_cancellation()
    elif scope["path"] == "/block":
        time.sleep(60)  # noqa: ASYNC251 - this is the mistake that the test is about
    elif scope["path"].startswith("/busy/"):
        await asyncio.sleep(float(scope["path"].rpartition("/")[2]))
        note("busy no more")
        await _respond(send, json.dumps(where()).encode(), b"application/json")


async def _lifespan(receive: Any, send: Any) -> None:
    await receive()
    note("startup")
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await asyncio.sleep(0.01)  # it has to wait, as for the connections that it closes
    note("shutdown")
    await send({"type": "lifespan.shutdown.complete"})


async def _respond(send: Any, body: bytes, content_type: bytes) -> None:
    headers = [(b"content-type", content_type)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _digest(receive: Any, send: Any) -> None:
    """Send the body back, with its digest in a header."""
    message = await receive()
    body, more = message["body"], message["more_body"]
    while more:
        message = await receive()
        body, more = body + message["body"], message["more_body"]
    headers = [
        (b"content-type", b"application/octet-stream"),
        (b"x-digest", hashlib.sha256(body).hexdigest().encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _hang() -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        note("cancelled")
        raise


async def _swallow_cancellation() -> None:
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            note("cancelled in vain")
