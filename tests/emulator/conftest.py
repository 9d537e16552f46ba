"""AWS's Runtime Interface Emulator for the tests of this folder.

It is part of the AWS SAM CLI's wheel. It is fetched once, into the checkout's `.cache`.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import pytest

from tests.emulator.emulator import LIKE_LAMBDA, Emulator
from tests.emulator.program import AWS_CLIENT, CHECKOUT, OUR_CLIENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REQUIREMENT: Final = "aws-sam-cli==1.170.0"
_ARCHITECTURES: Final = {
    "x86_64": "x86_64",
    "amd64": "x86_64",
    "aarch64": "arm64",
    "arm64": "arm64",
}
# For tests whose functions must not notice which one calls them.
both_clients: Final = pytest.mark.parametrize("client", [AWS_CLIENT, OUR_CLIENT], indirect=True)

# Enough for everything that is not to run into it.
_TIMEOUT: Final = 20


class Emulate(Protocol):
    """Start an emulator, which ends with the test.

    application: a module of `apps`, or the whole name of a handler.
    """

    def __call__(
        self,
        application: str,
        *,
        variables: Mapping[str, str] = LIKE_LAMBDA,
        timeout: int = _TIMEOUT,
    ) -> Emulator: ...


@pytest.fixture(scope="session")
def emulator_binary() -> Path:
    """The emulator for this machine; whatever prevents it fails the tests."""
    machine = platform.machine().lower()
    if platform.system() != "Linux" or machine not in _ARCHITECTURES:
        pytest.fail(f"expected Linux on x86-64 or arm64, got {platform.system()} on {machine}")
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
            pytest.fail(f"the emulator cannot be fetched:\n{done.stdout}")
        try:
            new.rename(folder)
        except OSError:
            if not folder.is_dir():  # nor did another run bring it meanwhile
                raise


@pytest.fixture
def client(request: pytest.FixtureRequest) -> str:
    """The runtime client, AWS's where a test does not ask for others."""
    return str(getattr(request, "param", AWS_CLIENT))


@pytest.fixture
def emulate(emulator_binary: Path, client: str) -> Iterator[Emulate]:
    """Starts emulators that end with the test."""
    with ExitStack() as started:

        def start(
            application: str,
            *,
            variables: Mapping[str, str] = LIKE_LAMBDA,
            timeout: int = _TIMEOUT,
        ) -> Emulator:
            handler = application
            if "." not in application:
                handler = f"tests.emulator.apps.{application}.handler"
            emulator = Emulator(
                binary=emulator_binary,
                client=client,
                handler=handler,
                variables=variables,
                timeout=timeout,
            )
            started.enter_context(emulator)
            emulator.wait_until_ready()
            return emulator

        yield start
