"""Of several processes one fails at the import, and the others do not let themselves be ended."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

folder = Path(os.environ["FOLDER"])
try:
    (folder / "first").touch(exist_ok=False)
except FileExistsError:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    (folder / "second").touch()
    time.sleep(60)
else:
    while not (folder / "second").exists():
        time.sleep(0.001)
    raise ConnectionError("x" * 100_000)
