"""A function that starts while it is imported, also where a snapshot is taken afterwards."""

from __future__ import annotations

from asgi_lambda import adapt
from tests.emulator.apps.application import application, note

handler = adapt(application, lifespan="on", startup="import")
note("imported")
