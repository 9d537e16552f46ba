"""The front doors that the examples are called through, as they are deployed."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from asgi_lambda import Handler
from tests.frameworks import front_doors
from tests.frameworks.front_doors import FRONT_DOORS, FrontDoor

Open = Callable[[Handler], httpx.Client]


@pytest.fixture(
    # The examples are adapted as they stand, so no front door that needs an argument.
    params=[door for door in FRONT_DOORS if not door.options],
    ids=lambda door: door.name,
)
def door(request: pytest.FixtureRequest) -> FrontDoor:
    """One front door after the other."""
    door: FrontDoor = request.param
    return door


@pytest.fixture
def open_client(door: FrontDoor) -> Iterator[Open]:
    """A function that makes a client of an example, started anew and shut down in the end."""
    with ExitStack() as stack:

        def open_client(handler: Handler) -> httpx.Client:
            stack.callback(handler.shutdown)
            return stack.enter_context(front_doors.client(handler=handler, door=door))

        yield open_client
