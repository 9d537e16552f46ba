"""What all tests in SAM's containers need. Without a Docker engine they fail."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.sam.commands import containers

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", autouse=True)
def _no_container_is_left() -> Iterator[None]:
    """Begins before all other fixtures, so it ends after them."""
    before = containers()
    yield
    give_up = time.monotonic() + 30
    # The engine removes a container after the process that asked for it has ended.
    while left := containers() - before:
        assert time.monotonic() < give_up, left
        time.sleep(0.2)
