"""What the tests of execution environments run; the query of a request names a file to wait for."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from asgi_lambda import adapt

_count = 0


async def _there(name: str) -> None:
    while not os.path.exists(name):  # noqa: ASYNC240, ASYNC110  # what another process makes
        await asyncio.sleep(0.01)


async def app(scope: Any, receive: Any, send: Any) -> None:
    global _count
    if scope["type"] == "lifespan":
        for _ in range(2):
            step = (await receive())["type"]
            print(step, os.getpid())
            await send({"type": f"{step}.complete"})
        return
    _count += 1
    path, file = scope["path"].removeprefix("/prod"), scope["query_string"].decode()
    if path == "/print":
        print("printed")
        await _there(file)
    if path == "/exit":
        os._exit(3)
    if path == "/wait":
        await _there(file)
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if path in ("/stream", "/break", "/leave"):
        await send({"type": "http.response.body", "body": b"first ", "more_body": True})
        await _there(file)
        if path == "/break":
            raise ValueError("on purpose")
        if path == "/leave":
            os._exit(3)
    body = f"{os.getpid()} {_count}".encode()
    await send({"type": "http.response.body", "body": body})
    if path == "/work":
        await _there(file)


handler = adapt(app)


def binary(event: Any, context: Any) -> Any:
    """A result that no front door takes."""
    return b"\xff"


def large(event: Any, context: Any) -> Any:
    """One that Lambda does not take."""
    return "x" * 6_291_557


def describe(event: Any, context: Any) -> Any:
    """What it is told of its environment."""
    return {
        "id": context.aws_request_id,
        "name": context.function_name,
        "left": context.get_remaining_time_in_millis(),
        "arn": context.invoked_function_arn,
        "handler": os.environ["_HANDLER"],
        "word": os.environ.get("WORD"),
    }


def accepts(event: Any, context: Any) -> Any:
    """Takes every event of a socket."""
    return {"statusCode": 200}
