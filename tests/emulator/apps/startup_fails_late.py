"""A function whose application cannot start up, and tries that at the first invocation."""

from __future__ import annotations

from typing import Any

from asgi_lambda import adapt
from tests.emulator.apps.application import note


async def application(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    note("startup")
    await send({"type": "lifespan.startup.failed", "message": "the database is down"})


handler = adapt(application, startup="invoke")
note("imported")
