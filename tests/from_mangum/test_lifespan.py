"""The rows of the page on the start and the end, and on the event loop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import trio
from mangum.exceptions import LifespanFailure

from asgi_lambda import LifespanFailed, LoopError, adapt
from tests.applications import Context, Recorder, http_only, respond
from tests.frameworks.front_doors import HTTP_API
from tests.from_mangum.sides import handlers, request

EVENT = request(HTTP_API)
ONE_LIFESPAN = [
    "lifespan.startup",
    "lifespan.startup.complete",
    "lifespan.shutdown",
    "lifespan.shutdown.complete",
]


def test_startup_and_shutdown() -> None:
    for side, messages in enumerate((ONE_LIFESPAN * 3, ONE_LIFESPAN[:2])):
        app = Recorder()
        handler = handlers(app, lifespan="auto")[side]
        for _ in range(3):
            assert handler(EVENT, Context())["statusCode"] == 200
        assert app.messages == messages
    handler.shutdown()
    assert app.messages == ONE_LIFESPAN


@pytest.mark.usefixtures("on_lambda")
def test_when_the_startup_runs_on_lambda() -> None:
    app = Recorder()
    theirs, _ = handlers(app, lifespan="auto", ours={"startup": "invoke"})
    assert app.messages == []
    theirs(EVENT, Context())
    assert app.messages == ONE_LIFESPAN

    app = Recorder()
    handler = adapt(app)
    assert app.messages == ONE_LIFESPAN[:2]
    handler.shutdown()


@pytest.mark.parametrize("lifespan", ["auto", "on"])
def test_startup_that_says_it_failed(lifespan: str) -> None:
    theirs, ours = handlers(Recorder(startup="failed"), lifespan=lifespan)

    with pytest.raises(LifespanFailure, match="startup said no"):
        theirs(EVENT, Context())
    with pytest.raises(LifespanFailed, match="startup said no"):
        ours(EVENT, Context())


@pytest.mark.parametrize("lifespan", ["auto", "on"])
def test_startup_that_raises(lifespan: str) -> None:
    theirs, ours = handlers(Recorder(startup="raise"), lifespan=lifespan)

    assert theirs(EVENT, Context())["statusCode"] == 200
    with pytest.raises(LifespanFailed):
        ours(EVENT, Context())


def test_application_without_a_lifespan_and_on() -> None:
    theirs, ours = handlers(http_only(lambda scope, receive, send: respond(send)), lifespan="on")

    assert theirs(EVENT, Context())["statusCode"] == 200
    with pytest.raises(LifespanFailed):
        ours(EVENT, Context())


def test_state_of_the_lifespan() -> None:
    for handler in handlers(Recorder(), lifespan="auto"):
        assert handler(EVENT, Context())["body"] == "True"
    ours = handler
    ours.shutdown()


def test_called_where_an_event_loop_runs() -> None:
    theirs, ours = handlers(http_only(lambda scope, receive, send: respond(send)))

    async def call(handler: Any, error: type[Exception], message: str) -> None:
        with pytest.raises(error, match=message):
            handler(EVENT, Context())

    async def invoke() -> Any:
        return await ours.invoke(EVENT, Context())

    asyncio.run(call(theirs, RuntimeError, "event loop is already running"))
    asyncio.run(call(ours, LoopError, "await handler.invoke"))
    assert asyncio.run(invoke())["statusCode"] == 200


def test_trio() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await trio.lowlevel.checkpoint()
        await respond(send)

    theirs, ours = handlers(app, ours={"backend": "trio"})

    assert theirs(EVENT, Context())["statusCode"] == 500
    assert ours(EVENT, Context())["statusCode"] == 200


def test_application_made_for_asgi_2() -> None:
    def app(scope: Any) -> Any:
        async def instance(receive: Any, send: Any) -> None:
            await respond(send)

        return instance

    theirs, ours = handlers(app)

    assert theirs(EVENT, Context())["statusCode"] == 500
    assert ours(EVENT, Context())["statusCode"] == 200
