"""A pytest plugin: events, a context, and a client, to test an application as Lambda calls it.

pytest loads it at its start, by its entry point. So what the fixtures need is imported in them.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Unpack

    import httpx

    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.context import Context
    from asgi_lambda.local.front_door import FrontDoor, Settings

SOURCES: Final = ("http-api", "http-api-v1", "rest-api", "function-url", "alb", "alb-multi-value")


class LambdaEvent:
    """Makes events: the type of the fixture `lambda_event`."""

    def __call__(
        self,
        path: str = "/",
        method: str = "GET",
        *,
        source: str = SOURCES[0],
        headers: Iterable[tuple[str, str]] = (),
        cookies: Mapping[str, str] | None = None,
        body: bytes | str = b"",
        **settings: Unpack[Settings],
    ) -> Event:
        """The event that a front door sends for a request.

        path: with the query, behind stage and base path. source: the front door. settings: as
        `asgi_lambda.local.Gateway` takes them, `claims` and `stage` for example.
        Raises ConfigurationError.
        """
        from asgi_lambda.local.request import Request

        content = body.encode() if isinstance(body, str) else body
        pairs = list(headers)
        if cookies:
            pairs.append(("cookie", "; ".join(f"{name}={cookies[name]}" for name in cookies)))
        if content:
            pairs.append(("content-length", str(len(content))))
        return _door(source, settings).event(Request(method, path, pairs, content))


class LambdaClient:
    """Makes HTTP clients of a function: the type of the fixture `lambda_client`."""

    def __init__(self, clients: ExitStack) -> None:
        self._clients = clients

    def __call__(
        self, handler: Callable[..., Any], source: str = SOURCES[0], **settings: Unpack[Settings]
    ) -> httpx.Client:
        """A client whose requests go through a front door to `handler`.

        handler, settings: as `asgi_lambda.local.Gateway` takes them. The application starts up with
        the first request, and shuts down after the test.
        Raises ConfigurationError.
        """
        from asgi_lambda.local.client import connect

        timeout = settings.get("timeout", 30.0)
        client = connect(handler, _door(source, settings), timeout=timeout)
        return self._clients.enter_context(client)


@pytest.fixture
def lambda_context() -> Context:
    """A context of Lambda's, with 30 s until the deadline."""
    from asgi_lambda.local.context import Context

    return Context()


@pytest.fixture
def lambda_event() -> LambdaEvent:
    """Makes the event of a request: `lambda_event("/items", source="rest-api")`."""
    return LambdaEvent()


@pytest.fixture
def lambda_client() -> Iterator[LambdaClient]:
    """Makes an httpx client of a function: `lambda_client(handler, "rest-api").get("/items")`."""
    with ExitStack() as clients:
        yield LambdaClient(clients)


@pytest.fixture(params=SOURCES)
def lambda_source(request: pytest.FixtureRequest) -> str:
    """Every front door, one after the other; a fixture of that name of your own has fewer."""
    source: str = request.param
    return source


def _door(source: str, settings: Settings) -> FrontDoor:
    from asgi_lambda.local.front_door import set_up

    return set_up(source, settings)
