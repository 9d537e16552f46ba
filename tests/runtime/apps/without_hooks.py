"""An application where the package for hooks around a snapshot is not installed."""

from __future__ import annotations

import sys

# To Python that is a package that cannot be imported.
sys.modules["snapshot_restore_py"] = None  # type: ignore[assignment]

from tests.runtime.apps.web import handler  # noqa: E402, F401
