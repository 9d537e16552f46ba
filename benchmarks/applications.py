"""The applications that are adapted. All do as little as they can, so that the adapter shows."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from fastapi import FastAPI

    Application = Callable[[Any, Any, Any], Coroutine[Any, Any, None]]

GREETING: Final = b"Hello from the application"
# As base64 it nearly fills what Lambda takes: 5.9 MB of 6.3.
LARGE: Final = bytes(range(256)) * (4_400_000 // 256)


def answer(content_type: bytes, content: bytes) -> Application:
    """An application without a lifespan that reads the request and answers `content`."""
    headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(content))]

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return application


hello: Final = answer(b"text/plain; charset=utf-8", GREETING)
large: Final = answer(b"application/octet-stream", LARGE)


async def hello_with_lifespan(scope: Any, receive: Any, send: Any) -> None:
    """`hello`, with startup and shutdown."""
    if scope["type"] != "lifespan":
        await hello(scope, receive, send)
        return
    kind = ""
    while kind != "lifespan.shutdown":
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})


def fastapi_application(threads: list[threading.Thread]) -> FastAPI:
    """Two endpoints; `threads` gets the one that each call of the `def` endpoint runs on."""
    from fastapi import FastAPI

    application = FastAPI()

    @application.post("/async/{order}")
    async def in_the_loop(order: int, page: int = 1) -> dict[str, int]:
        return {"order": order, "page": page}

    @application.post("/def/{order}")
    def in_a_thread(order: int, page: int = 1) -> dict[str, int]:
        threads.append(threading.current_thread())
        return {"order": order, "page": page}

    return application
