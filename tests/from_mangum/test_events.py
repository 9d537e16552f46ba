"""The rows of the page on events: which of them each adapter takes."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_lambda import UnsupportedEvent
from tests.applications import Context
from tests.from_mangum.sides import handlers, response, stored


def fails(handler: Any, event: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        handler(event, Context())


@pytest.mark.parametrize("name", ["powertools-sqs", "sam-scheduled-event", "made-warmer"])
def test_queues_schedules_and_direct_invocations(name: str) -> None:
    event = stored(f"non-http/{name}.json")
    theirs, ours = handlers(response())
    taking = handlers(response(), ours={"on_event": lambda event, context: "taken"}).ours

    fails(theirs, event, RuntimeError)
    fails(ours, event, UnsupportedEvent)
    assert taking(event, Context()) == "taken"


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_event_of_an_authorizer(version: str) -> None:
    event = stored(f"non-http/powertools-authorizer-request-{version}.json")
    theirs, ours = handlers(response())
    taking = handlers(response(), ours={"on_event": lambda event, context: "taken"}).ours

    # Whatever the application answers is then no answer of an authorizer.
    assert theirs(event, Context())["statusCode"] == 200
    fails(ours, event, UnsupportedEvent)
    assert taking(event, Context()) == "taken"


def test_lambda_edge() -> None:
    event = stored("lambda-edge/docs-viewer-request.json")
    theirs, ours = handlers(response())

    assert theirs(event, Context())["status"] == 200
    fails(ours, event, UnsupportedEvent)


@pytest.mark.parametrize("version", ["1", "2"])
def test_vpc_lattice(version: str) -> None:
    event = stored(f"vpc-lattice-v{version}/powertools-trailing-slash.json")
    theirs, ours = handlers(response())

    fails(theirs, event, RuntimeError if version == "1" else KeyError)
    fails(ours, event, UnsupportedEvent)


def test_websocket_api() -> None:
    event = stored("websocket/powertools-connect.json")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await receive()

    theirs, ours = handlers(app)

    fails(theirs, event, RuntimeError)
    assert ours(event, Context()) == {"statusCode": 200}


def test_format_of_your_own() -> None:
    class Plain:
        """The least that Mangum asks of a handler for another format."""

        def __init__(self, event: Any, context: Any, config: Any) -> None:
            self.body = event["said"].encode()
            self.scope = {"type": "http", "method": "POST", "path": "/", "headers": []}

        @classmethod
        def infer(cls, event: Any, context: Any, config: Any) -> bool:
            return "said" in event

        def __call__(self, response: Any) -> Any:
            return {"answered": response["body"].decode()}

    async def echo(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    theirs, ours = handlers(echo, theirs={"custom_handlers": [Plain]})

    assert theirs({"said": "hello"}, Context()) == {"answered": "hello"}
    fails(ours, {"said": "hello"}, UnsupportedEvent)
