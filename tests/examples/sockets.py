"""Examples behind a WebSocket API: events for them, and what they send to its clients."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

from tests.examples.running import Example, running
from tests.websocket import connections_api
from tests.websocket.play import connect, disconnect, message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.websocket.connections_api import ConnectionsAPI

# Lambda's runtimes have it; an example lists it only where it calls AWS itself.
BOTO3: Final = "boto3==1.44.0"
ENDPOINT: Final = "ASGI_LAMBDA_WEBSOCKET_ENDPOINT"


class Sockets:
    """An example in one execution environment, and its clients by their connections."""

    def __init__(self, example: Example, api: ConnectionsAPI) -> None:
        self.example = example
        self.api = api

    def enter(self, connection: str = "one", **handshake: Any) -> Any:
        """The answer to a handshake."""
        return self.example(connect(connection, **handshake))

    def say(self, text: str, connection: str = "one") -> list[str]:
        """All that this client has had, once it said this."""
        assert self.example(message(text, connection)) == {"statusCode": 200}
        return self.api.sent(connection)

    def leave(self, connection: str = "one") -> None:
        assert self.example(disconnect(connection)) == {"statusCode": 200}

    def closed(self) -> list[str]:
        """The connections that the example has closed."""
        return [each.connection for each in self.api.asked if each.method == "DELETE"]


@contextmanager
def environments(
    name: str, count: int = 1, *, variables: Mapping[str, str] | None = None
) -> Iterator[list[Sockets]]:
    """So many execution environments of an example behind one WebSocket API; none may fail."""
    with connections_api.serving() as (api, where), ExitStack() as stack:
        given = {**(variables or {}), ENDPOINT: where}
        every = [
            Sockets(stack.enter_context(running(name, extra=(BOTO3,), variables=given)), api)
            for _ in range(count)
        ]
        yield every
        assert [each.example.log() for each in every if "Traceback" in each.example.log()] == []
