"""A function that asks for SIGTERM, as its shutdown matters."""

from __future__ import annotations

from asgi_lambda import adapt
from tests.emulator.apps.application import application, note

handler = adapt(application, lifespan="on", graceful_shutdown=True)
note("imported")
