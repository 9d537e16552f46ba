"""A function that handles SIGTERM itself."""

from __future__ import annotations

import signal
import sys
from typing import Any

from asgi_lambda import adapt
from tests.emulator.apps.application import note


def on_sigterm(number: int, frame: Any) -> None:
    note("own handler")
    sys.exit(7)


signal.signal(signal.SIGTERM, on_sigterm)


async def application(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("no lifespan")


handler = adapt(application)


def function(event: Any, context: Any) -> Any:
    return event
