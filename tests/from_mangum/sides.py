"""Mangum and this package on the same application and the same event."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from mangum import Mangum

from asgi_lambda import adapt
from tests.applications import Context, respond
from tests.frameworks.front_doors import FrontDoor

EVENTS: Final = Path(__file__).parent.parent / "events"
NONE: Final[Mapping[str, Any]] = {}


class Sides(NamedTuple):
    """Something of both, in the order of the page's columns."""

    theirs: Any
    ours: Any


def handlers(
    app: Any,
    *,
    theirs: Mapping[str, Any] = NONE,
    ours: Mapping[str, Any] = NONE,
    lifespan: str = "off",
) -> Sides:
    """The two handlers; `theirs` and `ours` are further arguments of one of them."""
    options: Any = {"lifespan": lifespan}
    return Sides(Mangum(app, **{**options, **theirs}), adapt(app, **{**options, **ours}))


def results(app: Any, event: Any, **options: Any) -> Sides:
    """The two Lambda responses."""
    return Sides(*(handler(event, Context()) for handler in handlers(app, **options)))


def scopes(event: Any, **options: Any) -> Sides:
    """The two scopes that an application gets."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        await respond(send)

    results(app, event, **options)
    theirs, ours = seen
    return Sides(theirs, ours)


def parts(event: Any, *keys: str, **options: Any) -> Sides:
    """Of the two scopes the values of some keys; of one key the value alone."""
    found = [tuple(scope[key] for key in keys) for scope in scopes(event, **options)]
    return Sides(*(each if len(keys) > 1 else each[0] for each in found))


def values(scope: Any, name: bytes) -> list[bytes]:
    """The values of the headers of this name in a scope."""
    return [value for field, value in scope["headers"] if field == name]


def response(
    body: bytes = b"", *, status: int = 200, headers: Mapping[bytes, bytes] | None = None
) -> Callable[..., Any]:
    """An application that answers so."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await respond(send, body, status=status, headers=list((headers or {}).items()))

    return app


def request(door: FrontDoor, path: str = "/items", **more: Any) -> dict[str, Any]:
    """The event for a request below the prefix of a front door."""
    return door.event(method=more.pop("method", "GET"), target=door.prefix + path, **more)


def stored(name: str) -> Any:
    """An event of the collection."""
    return json.loads((EVENTS / name).read_text())
