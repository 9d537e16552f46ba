"""`asgi-lambda serve` as a process, for clients that speak HTTP."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
_SECONDS = 60


class Process:
    """A server, and what it has written so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.lines: list[str] = []

    def line(self, pattern: str) -> re.Match[str]:
        """The next line in which the pattern is found."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.lines.append(line.rstrip("\n"))
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
        assert self._process.stderr is not None
        self.lines += self._process.stderr.read().splitlines()
        return self._process.wait()


@contextmanager
def serving(*arguments: str, cwd: Path = ROOT, **variables: str) -> Iterator[Process]:
    """The command with these arguments, on a port that is free."""
    environment: dict[str, Any] = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    command = [sys.executable, "-m", "asgi_lambda", "serve", *arguments, "--port", "0"]
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        # Whoever waits for a line that never comes shall not wait for good.
        watch = threading.Timer(_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        watch.start()
        try:
            yield Process(process)
        finally:
            watch.cancel()
            process.terminate()


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
