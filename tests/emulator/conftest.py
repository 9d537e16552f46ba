"""AWS's Runtime Interface Emulator for the tests of this folder."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, Protocol

import pytest

from tests.emulator.binary import fetch
from tests.emulator.emulator import LIKE_LAMBDA, Emulator
from tests.emulator.program import AWS_CLIENT, OUR_CLIENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

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
    return fetch()


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
