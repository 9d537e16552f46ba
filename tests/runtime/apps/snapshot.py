"""An application with hooks around its snapshot."""

from __future__ import annotations

from snapshot_restore_py import register_after_restore, register_before_snapshot

from asgi_lambda import adapt
from tests.emulator.apps.application import note
from tests.runtime.apps.asgi import application

for number in (1, 2):
    register_before_snapshot(note, f"before {number}")
    register_after_restore(note, f"after {number}")
handler = adapt(application)
