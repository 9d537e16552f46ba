"""A function with a hook that fails, before or after the snapshot as HOOK says."""

from __future__ import annotations

import os
from typing import Any

from snapshot_restore_py import register_after_restore, register_before_snapshot


def fail() -> None:
    raise LookupError("the hook failed")


{"before": register_before_snapshot, "after": register_after_restore}[os.environ["HOOK"]](fail)


def handler(event: Any, context: Any) -> Any:
    return event
