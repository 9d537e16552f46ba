"""One event of a WebSocket API, between its arrival and the answer to it."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from asgi_lambda.body import InvalidBody
from asgi_lambda.deadline import Patience
from asgi_lambda.errors import ResponseFailed
from asgi_lambda.protocols.websocket import Answer
from asgi_lambda.response import Response
from asgi_lambda.sources import malformed, websocket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from asgi_lambda.lambda_types import Event, LambdaContext
    from asgi_lambda.loop_types import Loop
    from asgi_lambda.loops import Ending
    from asgi_lambda.websocket.common import Common
    from asgi_lambda.websocket.connection import Connection
    from asgi_lambda.websocket.connections import Connections


class WebSocketCall:
    """An event for one connection: hand it over, and wait until the invocation may end.

    patience: for the watchdog, which speaks up only where the loop is blocked, since the deadline
    is kept here. on_accept: takes the answer to a handshake as soon as the connection is accepted.
    """

    _connections: Connections

    def __init__(
        self,
        common: Common,
        event: Event,
        context: LambdaContext | None,
        patience: Patience | None,
    ) -> None:
        """Raises UnsupportedEvent for an event of another shape."""
        self.on_accept: Callable[[Mapping[str, Any]], Awaitable[None]] | None = None
        self.patience: Patience | None = None
        self._until: float | None = None
        self._grace = 0.0
        if patience is not None:
            self._until = time.monotonic() + patience.limit
            self._grace = patience.margin / 2
            self.patience = Patience(patience.limit + patience.margin, patience.margin / 4)
        self._common = common
        self._connection: Connection | None = None
        self._expired = False
        try:
            self._kind = websocket.kind(event)
            websocket.connection_id(event)
            self._scope = common.scope(event, context)
            self._message = websocket.received(event)
            self._end = websocket.disconnected(event)
            common.sender(event)
        except (InvalidBody, LookupError, TypeError, AttributeError, ValueError) as error:
            raise malformed(websocket.WEBSOCKET_API, event) from error

    async def main(self, loop: Loop) -> None:
        """Let the application have the event. Raises LifespanFailed and LoopError."""
        lifespan = self._common.lifespan
        if lifespan.ready_on is not loop:
            await lifespan.startup(loop)
        connections = self._connections = self._common.on(loop)
        connections.under_way += 1
        try:
            connections.open_outboxes()
            connection = self._connection = connections.open(self._scope)
            self._deliver(connection)
            is_new = self._kind == websocket.CONNECT
            decided = not is_new or await self._shake_hands(connection)
            if not (decided and await self._settled(connection)):
                self._expired = True
                await self._give_up(connection, decided)
            if connection.cycle.over:
                await self._close(connection)
        finally:
            connections.under_way -= 1

    def _deliver(self, connection: Connection) -> None:
        if self._kind == websocket.DISCONNECT:
            connection.cycle.disconnect(self._end["code"], self._end["reason"])
        elif self._kind != websocket.CONNECT:
            connection.cycle.deliver(self._message)
        connection.wake()

    async def _settled(self, connection: Connection) -> bool:
        return await self._connections.wait(lambda: self._connections.rest(connection), self._until)

    async def _shake_hands(self, connection: Connection) -> bool:
        """Whether the application came to an answer in time."""

        def left() -> float | None:
            return 0.0 if connection.answer is not None or connection.ended else None

        decided = await self._connections.wait(left, self._until)
        answer, fail_on = connection.answer, self._common.options.fail_on
        leaves = answer is not None and answer.accepts and answer.status not in fail_on
        if answer is not None and leaves and self.on_accept is not None:
            await self.on_accept(self._rendered(answer))
            connection.outbox.open()
        return decided

    async def _close(self, connection: Connection) -> None:
        """See to it that nothing is left of a connection that is over."""
        if not connection.ended:
            connection.cancel()
        self._connections.release(connection)
        await self._settled(connection)

    async def _give_up(self, connection: Connection, decided: bool) -> None:
        """Cancel what holds the invocation; the next event rebuilds it from the store."""
        every = self._connections.live.values() if self._connections.under_way == 1 else ()
        busy = [each for each in {connection, *every} if not each.at_rest]
        if not decided and connection not in busy:
            # It waits, but has not said whether it accepts.
            busy.append(connection)
        for each in busy:
            each.log(logging.ERROR, f"still ran at the deadline, and was cancelled. {_stack(each)}")
            self._connections.forget(each)
            each.cancel()

        def left() -> float | None:
            return 0.0 if all(each.ended for each in busy) else None

        # Set by now, since otherwise there is nothing to be late for.
        until = (self._until or 0.0) + self._grace
        if not await self._connections.wait(left, until):
            self._common.abandoned.add()

    def answer(self, ending: Ending) -> Any:
        """The Lambda response. Raises ResponseFailed, and what kept a connection from its store.

        Messages and ends are always taken, since nobody looks at that answer.
        """
        connection = self._connection
        if connection is not None and connection.failure is not None:
            raise connection.failure
        if self._kind != websocket.CONNECT:
            return websocket.TAKEN
        late = self._expired or ending.expired
        answer = (connection and connection.answer) or Answer(504 if late else 500, [])
        if connection is not None and connection.outbox.held:
            self._connections.unopened.append(connection.outbox)
        if answer.status in self._common.options.fail_on:
            raise ResponseFailed(
                f"expected a status outside of fail_on, got {answer.status} for a handshake"
            )
        return self._rendered(answer)

    def _rendered(self, answer: Answer) -> Mapping[str, Any]:
        options = self._common.options
        response = Response(
            answer.status, answer.headers, answer.body, options.dropped, options.text_types
        )
        return websocket.render(response)


def _stack(connection: Connection) -> str:
    if connection.coroutine is None:
        return "It was reading the store"
    from asgi_lambda.loops.stacks import describe

    return f"It hung at:\n{describe([('of the connection', connection.coroutine)])}"
