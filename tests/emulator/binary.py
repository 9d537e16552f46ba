"""AWS's Runtime Interface Emulator, which is part of the AWS SAM CLI's wheel.

It is fetched once, into the checkout's `.cache`.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.emulator.program import CHECKOUT

_REQUIREMENT: Final = "aws-sam-cli==1.170.0"
_ARCHITECTURES: Final = {
    "x86_64": "x86_64",
    "amd64": "x86_64",
    "aarch64": "arm64",
    "arm64": "arm64",
}


def fetch() -> Path:
    """The emulator for this machine. Raises RuntimeError, whatever prevents it."""
    machine = platform.machine().lower()
    if platform.system() != "Linux" or machine not in _ARCHITECTURES:
        raise RuntimeError(
            f"expected Linux on x86-64 or arm64, got {platform.system()} on {machine}"
        )
    cache = CHECKOUT / ".cache"
    folder = cache / _REQUIREMENT.replace("==", "-")
    binary = folder / "samcli" / "local" / "rapid" / f"aws-lambda-rie-{_ARCHITECTURES[machine]}"
    if not binary.exists():
        _install(cache, folder)
    binary.chmod(0o755)
    return binary


def _install(cache: Path, folder: Path) -> None:
    cache.mkdir(exist_ok=True)
    # Whole or not at all, also where two runs of the tests do this at the same time.
    with tempfile.TemporaryDirectory(dir=cache) as parent:
        new = Path(parent) / "new"
        # Only the binary is used, and it needs neither what the package does nor its Python.
        options = ["--no-deps", "--ignore-requires-python", "--no-compile", "--target", str(new)]
        pip = [sys.executable, "-m", "pip", "install", *options, _REQUIREMENT]
        done = subprocess.run(pip, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"the emulator cannot be fetched:\n{done.stdout}")
        try:
            new.rename(folder)
        except OSError:
            if not folder.is_dir():  # nor did another run bring it meanwhile
                raise
