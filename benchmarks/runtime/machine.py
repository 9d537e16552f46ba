"""What the machine is, and how quiet it was."""

from __future__ import annotations

import os
import platform
import time
from statistics import median
from typing import Any, Final

_TIMES: Final = 15


class Noise:
    """The time of one piece of work that never changes, taken again and again during a run."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._load = os.getloadavg()

    def listen(self) -> None:
        """Take some more times."""
        for _ in range(_TIMES):
            began = time.perf_counter()
            sum(range(200_000))
            self._times.append((time.perf_counter() - began) * 1e3)

    def found(self) -> dict[str, Any]:
        """Milliseconds of the fastest, of the median, and of the slowest but 5 %; the load."""
        times = sorted(self._times)
        return {
            "work_ms": {
                "fastest": round(times[0], 2),
                "median": round(median(times), 2),
                "p95": round(times[int(len(times) * 0.95)], 2),
            },
            "load_average_before": [round(each, 2) for each in self._load],
            "load_average_after": [round(each, 2) for each in os.getloadavg()],
        }


def described() -> dict[str, Any]:
    """What ran it."""
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "kernel": platform.release(),
        "cpus": os.cpu_count(),
    }
