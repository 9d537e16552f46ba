"""Programs that a test starts: what they write is kept, and they end with the test.

Knows neither Lambda nor the emulator.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

CHECKOUT: Final = Path(__file__).resolve().parents[2]

# Seconds until a test that waits for nothing fails; far more than anything here takes.
PATIENCE: Final = 30.0
_MARK: Final = "note"


class Note(NamedTuple):
    """What an application wrote by `note`: its process, when (ns, the clock of all), and what."""

    pid: int
    at: int
    what: str


AWS_CLIENT: Final = "awslambdaric"
OUR_CLIENT: Final = "asgi_lambda.runtime"


def runtime_command(handler: str, client: str = AWS_CLIENT) -> list[str]:
    """A runtime client, on the interpreter of the tests."""
    return [sys.executable, "-m", client, handler]


def clean_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Our own environment without anything of Lambda's, and with these variables."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "_HANDLER", "_X_AMZN_"))
    }
    return {**kept, "PYTHONPATH": str(CHECKOUT), **variables}


class Program:
    """A process in a group of its own, and what it and its children write; a context manager."""

    def __init__(self, *, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._written = b""
        self._more = threading.Condition()
        self._synchronised = count()
        source, self._output = os.pipe()
        try:
            self.process = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=self._output,
                start_new_session=True,
            )
        except OSError:
            os.close(source)
            os.close(self._output)
            raise
        self._reader = threading.Thread(target=self._read, args=[source])
        self._reader.start()

    def _read(self, source: int) -> None:
        with os.fdopen(source, "rb", 0) as pipe:
            while chunk := pipe.read(65_536):
                with self._more:
                    self._written += chunk
                    self._more.notify_all()

    @property
    def log(self) -> str:
        """All that was written until now."""
        with self._more:
            if self._reader.is_alive():
                # What we write comes last, so once it is here all the rest is too.
                token = b"\0%d\0" % next(self._synchronised)
                os.write(self._output, token)
                assert self._more.wait_for(lambda: token in self._written, PATIENCE)
                self._written = self._written.replace(token, b"")
            return self._written.decode("utf-8", "replace")

    @property
    def notes(self) -> list[Note]:
        """What the applications noted until now, in order."""
        return _notes(self.log)

    @property
    def noted(self) -> list[str]:
        """The notes alone, without when and by whom."""
        return [note.what for note in self.notes]

    def wait_for_note(self, what: str, *, pid: int | None = None, times: int = 1) -> Note:
        """A note, as soon as it is written so many times; pid: by this process, None for any."""

        def found(log: str) -> list[Note]:
            return [n for n in _notes(log) if n.what == what and pid in (None, n.pid)]

        self._wait_until(lambda log: len(found(log)) >= times)
        return found(self.log)[times - 1]

    def wait_for_log(self, text: str, *, times: int = 1) -> None:
        """Return as soon as this is written so many times."""
        self._wait_until(lambda log: log.count(text) >= times)

    def _wait_until(self, there: Callable[[str], bool]) -> None:
        with self._more:
            assert self._more.wait_for(
                lambda: there(self._written.decode("utf-8", "replace")), PATIENCE
            ), f"what was waited for was not written:\n{self.log}"

    def wait_for_end(self) -> int:
        """The exit status, once all that was written is in the log."""
        status = self.process.wait(PATIENCE)
        if self._reader.is_alive():
            os.close(self._output)
            # Whoever else has the pipe open is a child that was left behind.
            self._reader.join(PATIENCE)
            assert not self._reader.is_alive(), "a child outlived its parent"
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        try:
            self.process.terminate()
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
        finally:
            self.wait_for_end()


def _notes(log: str) -> list[Note]:
    parts = [line.split(maxsplit=3) for line in log.splitlines()]
    return [
        Note(int(part[1]), int(part[2]), part[3])
        for part in parts
        if len(part) == 4 and part[0] == _MARK
    ]
