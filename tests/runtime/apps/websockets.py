"""A WebSocket application that says welcome, on each of the two libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio

from asgi_lambda import adapt

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Receive, Send


async def application(scope: Any, receive: Receive, send: Send) -> None:
    if scope["type"] != "websocket":
        raise ValueError(scope["type"])
    await receive()
    if scope["query_string"] == b"denied=1":
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "welcome"})
    if scope["query_string"] == b"pushes=1":
        for number in range(3):
            await anyio.sleep(0.01)
            await send({"type": "websocket.send", "text": str(number)})
    while (message := await receive())["type"] == "websocket.receive":
        if message["text"] == "hang":
            await anyio.sleep_forever()
        await send({"type": "websocket.send", "text": message["text"].upper()})


handler = adapt(application, lifespan="off")
on_trio = adapt(application, backend="trio")
failing = adapt(application, fail_on=[200, 403])
