"""What the connections of one Handler have in common, on whatever loop they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_lambda import url
from asgi_lambda.sources import websocket
from asgi_lambda.websocket.connections import Connections
from asgi_lambda.websocket.management import Management, endpoint
from asgi_lambda.websocket.store import MemoryStore

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import ASGI3Application, Versions, WebSocketScope
    from asgi_lambda.environment import Abandoned
    from asgi_lambda.lambda_types import Event, LambdaContext
    from asgi_lambda.lifespan import Lifespan
    from asgi_lambda.loop_types import Loop
    from asgi_lambda.options import Options
    from asgi_lambda.websocket.outbox import Sender
    from asgi_lambda.websocket.store import ConnectionStore


class Common:
    """Application, options, store, the management API, and the connections by their loop."""

    def __init__(
        self,
        application: ASGI3Application,
        lifespan: Lifespan,
        versions: Versions,
        options: Options,
        abandoned: Abandoned,
    ) -> None:
        self.application = application
        self.lifespan = lifespan
        self.options = options
        self.abandoned = abandoned
        self.store: ConnectionStore = options.websocket_store or MemoryStore()
        self._versions = versions
        self._senders: dict[str, Sender] = {}
        self._connections: list[Connections] = []

    def on(self, loop: Loop) -> Connections:
        """The connections on this loop."""
        # Most often there is one loop, and it never closes.
        self._connections = [each for each in self._connections if not each.loop.closed]
        for connections in self._connections:
            if connections.loop.same(loop):
                return connections
        self._connections.append(Connections(self, loop))
        return self._connections[-1]

    async def end(self, loop: Loop) -> None:
        """End the coroutines that wait on this loop; their connections live on."""
        for connections in self._connections:
            if connections.loop.same(loop):
                await connections.end()

    def state(self) -> dict[str, Any]:
        """The state of the lifespan, for one scope."""
        return self.lifespan.state.copy()

    def scope(self, event: Event, context: LambdaContext | None) -> WebSocketScope:
        """The scope of an event; what only a handshake has is missing in later ones."""
        scope: Any = websocket.parse(event)
        if self.options.root_path is not None:
            url.mount(scope, self.options.root_path)
        if self.options.strip_root_path:
            url.unmount(scope)
        scope["asgi"] = self._versions.copy()
        scope["aws.event"] = event
        scope["aws.context"] = context
        result: WebSocketScope = scope
        return result

    def sender(self, event: Event) -> Sender:
        """The management API for the connections of an event."""
        where = endpoint(event, self.options.websocket_endpoint)
        if where not in self._senders:
            self._senders[where] = Management(where)
        return self._senders[where]
