"""Two applications in one process that both ask for SIGTERM; one of them is the function."""

from __future__ import annotations

from asgi_lambda import adapt
from tests.emulator.apps.application import application, note

handler = adapt(application, lifespan="on", graceful_shutdown=True)
other_handler = adapt(application, lifespan="on", graceful_shutdown=True)
note("imported")
