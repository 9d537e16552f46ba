"""A function that tells when garbage is collected, and has a threshold of its own if told to."""

from __future__ import annotations

import gc
import os
from typing import Any

WHILE_IMPORTED = gc.get_threshold()
if "OWN_THRESHOLD" in os.environ:
    gc.set_threshold(int(os.environ["OWN_THRESHOLD"]))


class Cycle:
    def __init__(self) -> None:
        self.itself = self


def handler(event: Any, context: Any) -> Any:
    for _ in range(100_000):
        Cycle()
    return {
        "while imported": WHILE_IMPORTED[0],
        "threshold": gc.get_threshold()[0],
        "not searched": gc.get_freeze_count(),
        "cycles": sum(isinstance(each, Cycle) for each in gc.get_objects()),
    }
