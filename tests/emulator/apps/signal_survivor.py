"""A function whose own handler of SIGTERM takes note of it, and lets the process go on."""

from __future__ import annotations

import signal
from typing import Any

from asgi_lambda import adapt
from tests.emulator.apps.application import application, note


def go_on(number: int, frame: Any) -> None:
    note("own handler")


signal.signal(signal.SIGTERM, go_on)
handler = adapt(application, lifespan="on")
note("imported")
