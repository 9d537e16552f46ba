"""An example and a client of it; a test module says which, as `EXAMPLE = "quart"`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Final

import httpx
import pytest

from tests.examples import systems
from tests.examples.running import Example, running
from tests.frameworks import front_doors
from tests.frameworks.front_doors import FRONT_DOORS, FrontDoor

FOUND: Final = pytest.StashKey[dict[str, dict[str, str]]]()
FAILED: Final = pytest.StashKey[set[str]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note the examples whose tests failed."""
    report = yield
    if report.failed and isinstance(item, pytest.Function):
        item.config.stash.setdefault(FAILED, set()).add(getattr(item.module, "EXAMPLE", ""))
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave what was found for the README's table."""
    stash = session.config.stash
    found, failed = stash.get(FOUND, {}), stash.get(FAILED, set())
    systems.record("{}.{}".format(*sys.version_info), found, failed)


@pytest.fixture(
    # The examples are adapted as they stand, so no front door that needs an argument.
    params=[door for door in FRONT_DOORS if not door.options],
    ids=lambda door: door.name,
)
def door(request: pytest.FixtureRequest) -> FrontDoor:
    """One front door after the other."""
    door: FrontDoor = request.param
    return door


@pytest.fixture(scope="module")
def variables() -> dict[str, str]:
    """Environment variables of the example; a module that needs some has a fixture of its own."""
    return {}


@pytest.fixture(scope="module")
def example(request: pytest.FixtureRequest, variables: dict[str, str]) -> Iterator[Example]:
    """The example, which all tests of a module share, as invocations share an environment."""
    with running(request.module.EXAMPLE, variables=variables) as example:
        request.config.stash.setdefault(FOUND, {})[example.name] = example.found
        yield example


@pytest.fixture
def client(example: Example, door: FrontDoor) -> Iterator[httpx.Client]:
    """A client of the example through a front door."""
    with front_doors.client(handler=example, door=door) as client:
        yield client


@pytest.fixture
def new_client(
    request: pytest.FixtureRequest, door: FrontDoor
) -> Iterator[Callable[[], httpx.Client]]:
    """A function that starts the example anew, and makes a client of it."""
    with ExitStack() as stack:

        def new_client() -> httpx.Client:
            handler = stack.enter_context(running(request.module.EXAMPLE))
            return stack.enter_context(front_doors.client(handler=handler, door=door))

        yield new_client
