"""A function as most are, which also takes events that are no HTTP request."""

from __future__ import annotations

from typing import Any

from asgi_lambda import adapt
from tests.emulator.apps.application import application, note, where


async def on_event(event: Any, context: Any) -> dict[str, Any]:
    return {"bodies": [record["body"] for record in event["Records"]], **where()}


handler = adapt(application, lifespan="on", on_event=on_event)
note("imported")
