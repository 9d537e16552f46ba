"""`asgi-lambda serve` as a process, for clients that speak HTTP."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_SECONDS = 60


class Process:
    """A server, and what it has written so far.

    A thread reads it: a server whose lines nobody takes would stand still some day.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._written: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.lines: list[str] = []

    def line(self, pattern: str) -> re.Match[str]:
        """The next line in which the pattern is found."""
        while (line := self._next()) is not None:
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"no line with {pattern!r} in {self.lines}")

    def address(self) -> str:
        """Where it serves, without a slash behind."""
        return self.line(r"at (http://\S+)/$")[1]

    def stop(self) -> int:
        """The exit status after an interrupt, as a person at the keyboard sends it."""
        self._process.send_signal(signal.SIGINT)
        return self.wait()

    def wait(self) -> int:
        """The exit status, once it ends by itself."""
        while self._next() is not None:
            pass
        return self._process.wait()

    def end(self) -> None:
        """Kill it and its children, if they are there still."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        self._reader.join()

    def _next(self) -> str | None:
        line = self._written.get(timeout=_SECONDS)
        if line is not None:
            self.lines.append(line)
        return line

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._written.put(line.rstrip("\n"))
        self._written.put(None)


@contextmanager
def serving(*arguments: str, cwd: Path = ROOT) -> Iterator[Process]:
    """The command with these arguments, on a port that is free."""
    with subprocess.Popen(
        [sys.executable, "-m", "asgi_lambda", "serve", *arguments, "--port", "0"],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        server = Process(process)
        try:
            yield server
        finally:
            server.end()


@contextmanager
def changing(file: Path, text: str) -> Iterator[None]:
    """Change a file, and its time again and again: a first look may come after the change."""
    file.write_text(text)
    seen = threading.Event()

    def touch() -> None:
        while not seen.wait(0.3):
            file.touch()

    thread = threading.Thread(target=touch)
    thread.start()
    try:
        yield
    finally:
        seen.set()
        thread.join()
