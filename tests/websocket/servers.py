"""Applications on uvicorn, in a thread: as they are, or behind a WebSocket API."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

from asgi_lambda.local import Gateway
from asgi_lambda.local.websocket_server import websocket_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asgi_lambda import Handler
    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.channel import Sink
    from asgi_lambda.local.environment import Environment

SECONDS = 30


class TakingTurns:
    """Several execution environments behind one gateway, each of which has the next event.

    had: how many events each had.
    """

    def __init__(self, *environments: Environment) -> None:
        self.all = list(environments)
        self.turns = [*environments]
        self.had = dict.fromkeys(environments, 0)
        self.handler: Any = environments[0].handler

    async def startup(self) -> None:
        for each in self.all:
            await each.startup()

    async def shutdown(self) -> None:
        for each in reversed(self.all):
            await each.shutdown()

    async def invoke(self, event: Event, request_id: str, sink: Sink | None = None) -> Any:
        self.turns.append(self.turns.pop(0))
        self.had[self.turns[-1]] += 1
        return await self.turns[-1].invoke(event, request_id, sink)

    def drop(self, environment: Environment) -> None:
        """Let it have no event any more, as one that Lambda has taken away."""
        self.turns.remove(environment)


@contextmanager
def serving(make: Callable[[int], Any]) -> Iterator[int]:
    """The port of an application, which is made once that is known."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        options = websocket_options()
        config = uvicorn.Config(make(port), log_config=None, lifespan="on", **options)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), name="uvicorn")
        thread.start()
        try:
            yield port
        finally:
            server.should_exit = True
            thread.join()


def endpoint(port: int) -> str:
    """What `adapt` has to know."""
    return f"http://127.0.0.1:{port}/prod"


@contextmanager
def behind_gateway(make: Callable[[int], Handler]) -> Iterator[str]:
    """The address of a WebSocket API before a handler."""
    with serving(lambda port: Gateway(make(port), "websocket-api")) as port:
        yield f"ws://127.0.0.1:{port}/prod"
