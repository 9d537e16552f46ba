"""Handlers of the application of these tests, and functions around them."""

from __future__ import annotations

import functools
import time
from typing import Any

from asgi_lambda import adapt
from tests.emulator.apps.application import note
from tests.runtime.apps.asgi import application, quiet

handler = adapt(application, access_log=True)
flat = adapt(quiet, lifespan="off")
failing = adapt(application, fail_on=[503, range(500, 502)])


def take(event: Any, context: Any) -> Any:
    return {"took": event}


queue = adapt(application, on_event=take)


def blocking(event: Any, context: Any) -> Any:
    """Hold the thread for as long as the request is to hang."""
    note(f"begins {event['rawPath']}")
    time.sleep(20)


@functools.wraps(handler)
def decorated(event: Any, context: Any) -> Any:
    """As a tool that knows nothing of ASGI wraps a handler."""
    result = handler(event, context)
    if isinstance(result, dict):
        result["headers"]["x-decorated"] = "yes"
    return result
