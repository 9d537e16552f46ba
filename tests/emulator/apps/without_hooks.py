"""A function in a runtime that has no hooks for snapshots."""

from __future__ import annotations

import sys

from asgi_lambda import adapt
from tests.emulator.apps.application import application, note

# AWS's client needs the module itself, later on, so it is missing for `adapt` alone.
sys.modules["snapshot_restore_py"] = None  # type: ignore[assignment]
handler = adapt(application, lifespan="on")
del sys.modules["snapshot_restore_py"]
note("imported")
