"""An application whose startup fails."""

from __future__ import annotations

from typing import Any

from asgi_lambda import adapt


async def application(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "the database is down"})


handler = adapt(application)
