"""Things that a TARGET may name."""

from __future__ import annotations

from typing import Any

from asgi_lambda import adapt


async def application(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("no lifespan")


def double(scope: Any) -> Any:
    async def run(receive: Any, send: Any) -> None:
        raise ValueError("no lifespan")

    return run


def function(event: Any, context: Any) -> Any:
    return event


def anything(*arguments: Any, **named: Any) -> Any:
    return arguments


handler = adapt(application)
# It has no signature that Python could tell.
of_c = getattr
number = 7
