"""What processes take, as the kernel counts it: memory, and time of the CPU."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and those that these have."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(") ")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            children[int(fields[1])].append(int(folder.name))
    found, left = [], [pid]
    while left:
        new = children[left.pop()]
        found += new
        left += new
    return found


def proportional(pids: list[int]) -> float:
    """MiB of memory, in which a page that n processes share counts as 1/n (PSS)."""
    return sum(_kilobytes(pid, "smaps_rollup", "Pss") for pid in pids) / 1024


def resident(pid: int) -> float:
    """MiB that a process has in memory."""
    return _kilobytes(pid, "status", "VmRSS") / 1024


def peak(pid: int) -> float:
    """MiB that it had at most, since `forget_peak`."""
    return _kilobytes(pid, "status", "VmHWM") / 1024


def forget_peak(pid: int) -> None:
    """Let the peak be what is in memory now."""
    (_PROC / str(pid) / "clear_refs").write_text("5")


def cpu_seconds(pids: list[int]) -> float:
    """Seconds of the CPU that processes have taken, with all their threads."""
    # How Linux numbers the clock of another process: clock_getcpuclockid(3) is not in `time`.
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)


def _kilobytes(pid: int, file: str, name: str) -> int:
    text = (_PROC / str(pid) / file).read_text()
    found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"expected {name} in /proc/{pid}/{file}")
    return int(found[1])
