"""The same application on trio."""

from __future__ import annotations

from typing import Any

import trio

from asgi_lambda import adapt
from asgi_lambda.runtime import context
from tests.emulator.apps.application import note


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        note("startup")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        note("shutdown")
        await send({"type": "lifespan.shutdown.complete"})
        return
    first = context.request_id.get(), context.trace_id.get(), scope["aws.context"].aws_request_id
    await trio.sleep(0.05)
    headers = [(b"content-type", b"text/plain")]
    body = repr([first, None, 0]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


handler = adapt(application, backend="trio")
