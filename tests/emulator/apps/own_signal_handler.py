"""A function that has its own idea of SIGTERM: to end with a status of its own."""

from __future__ import annotations

import os
import signal
from typing import Any

from asgi_lambda import adapt
from tests.emulator.apps.application import application, note


def end(number: int, frame: Any) -> None:
    note("own handler")
    os._exit(7)


signal.signal(signal.SIGTERM, end)
handler = adapt(application, lifespan="on")
note("imported")
