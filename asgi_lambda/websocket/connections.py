"""The connections that wait on one loop, and the rule of when an invocation may end.

An invocation may end when its connection waits for its client, no call for any connection is under
way, and nothing has stirred for the linger. What stirs is what can be seen from here: `receive`,
`send`, the extension and the calls they make, of every connection, since one may have woken
another. A task that waits for the network cannot be seen. Where several invocations are under way
the loop goes on without this one, so only its own connection counts.
"""

from __future__ import annotations

import logging
import math
import time
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from asgi_lambda.sources import websocket
from asgi_lambda.websocket.connection import Connection
from asgi_lambda.websocket.outbox import Outbox, Parcel
from asgi_lambda.websocket.store import LIFETIME
from asgi_lambda.websocket.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_lambda.asgi_types import WebSocketScope
    from asgi_lambda.loop_types import Event as LoopEvent
    from asgi_lambda.loop_types import Loop
    from asgi_lambda.websocket.common import Common

T = TypeVar("T")

logger = logging.getLogger("asgi_lambda")

# API Gateway closes a connection after so long (s) without a message.
# Source: API Gateway guide, "Quotas for WebSocket APIs".
IDLE: Final = 600.0
# For so long (s) the shutdown waits for coroutines to end: it has 0.3 at SIGTERM, for all it does.
_TO_END: Final = 0.1
# Coroutines that wait here; the store has what is needed to rebuild one.
MOST: Final = 1_000

_UNKNOWN: Final = (
    "A connection is closed, since nothing is known of it: it was made before this deployment, or "
    "in another execution environment; many of them need a store, adapt(app, websocket_store=...)"
)


class Connections:
    """The connections of one Handler on one loop.

    under_way: how many invocations are. live: the connections whose coroutines wait here, least
    recently used first. unopened: outboxes whose handshake has been answered by now.
    """

    def __init__(self, common: Common, loop: Loop) -> None:
        self.common = common
        self.loop = loop
        self.under_way = 0
        self.live: dict[str, Connection] = {}
        self.unopened: list[Outbox] = []
        self._threads = Threads(loop, self.stir)
        self._stirred = -math.inf
        self._wakers: set[LoopEvent] = set()
        self._told = False

    # Events

    def open(self, scope: WebSocketScope) -> Connection:
        """The connection of an event, with its coroutine, made or rebuilt where there is none."""
        event = scope["aws.event"]
        identifier = websocket.connection_id(event)
        connection = self.live.pop(identifier, None)
        is_new = websocket.kind(event) == websocket.CONNECT
        if connection is not None and is_new:
            connection.cancel()
            connection = None
        self._prune()
        if connection is not None:
            self.live[identifier] = connection
            return connection
        connection = Connection(identifier, scope, self, replayed=not is_new)
        scope["extensions"] = {
            "websocket.http.response": {},
            "asgi_lambda.connection": connection.extension,
        }
        self.live[identifier] = connection
        connection.start(Outbox(identifier, self.common.sender(event), self._threads))
        return connection

    def open_outboxes(self) -> None:
        """Let what waits for the answer to a handshake leave; that of an ended invocation has."""
        outboxes, self.unopened = self.unopened, []
        for outbox in outboxes:
            outbox.open()

    def forget(self, connection: Connection) -> None:
        """Its coroutine is over."""
        if self.live.get(connection.id) is connection:
            del self.live[connection.id]

    def release(self, connection: Connection) -> None:
        """The connection itself is over: delete its record."""
        if connection.stored:
            connection.stored = False
            self._threads.start(partial(self.common.store.delete, connection.id), _log_failure)

    async def close(self, connection: Connection) -> Parcel:
        """Close a connection. Its record goes first.

        The end that API Gateway then tells would else find it, perhaps in another environment, and
        rebuild the application to tell it what it did itself.
        """
        connection.stored = False
        try:
            await self.run(connection, partial(self.common.store.delete, connection.id))
        except Exception as error:
            _log_failure(None, error)
        finally:
            # Also where it is cancelled meanwhile: the application has closed it.
            parcel = connection.outbox.close()
        return parcel

    def refuse(self, connection: Connection) -> None:
        """Close a connection that nobody knows, unless it is closed already."""
        if connection.cycle.over:
            return
        logger.log(logging.DEBUG if self._told else logging.WARNING, _UNKNOWN)
        self._told = True
        connection.outbox.close()

    def _prune(self) -> None:
        now = time.monotonic()
        for each in list(self.live.values()):
            idle, old = now - each.stirred >= IDLE, now - each.began >= LIFETIME
            if idle or old or (len(self.live) >= MOST and each.at_rest):
                del self.live[each.id]
                each.cancel()

    async def end(self) -> None:
        """Cancel the coroutines that wait here, and return once they are over, or will not be.

        The connections live on: their next events go to another environment, or begin anew here.
        """
        ending = [*self.live.values()]
        self.live.clear()
        for each in ending:
            each.cancel()

        def left() -> float | None:
            return 0.0 if all(each.ended for each in ending) else None

        await self.wait(left, time.monotonic() + _TO_END)

    # Calls

    def outbox(self, identifier: str, asks: Connection) -> Outbox:
        """What leads to a connection; one that waits here has an order to be kept."""
        connection = self.live.get(identifier)
        if connection is not None:
            return connection.outbox
        if identifier == asks.id:
            return asks.outbox
        return asks.outbox.to(identifier)

    async def run(self, connection: Connection, call: Callable[[], T]) -> T:
        """What a call returns or raises that blocks, as those of the store."""
        self.stir(connection)
        return await connection.calling(self._threads.run(call))

    # The end of an invocation

    def stir(self, connection: Connection | None = None) -> None:
        """Something has run."""
        self._stirred = time.monotonic()
        if connection is not None:
            connection.stirred = self._stirred
        for waker in self._wakers:
            waker.set()

    def rest(self, connection: Connection) -> float | None:
        """Seconds until its invocation may end if nothing stirs, None: it may not yet."""
        alone = self.under_way == 1
        calls = self._threads.in_flight > 0 if alone else not connection.outbox.idle
        if calls or not connection.at_rest:
            return None
        since = self._stirred if alone else connection.stirred
        return since + self.common.options.websocket_linger - time.monotonic()

    async def wait(self, left: Callable[[], float | None], until: float | None) -> bool:
        """Wait until nothing is left of the time that `left` tells; False where `until` came first.

        left: seconds, or None for as long as nothing stirs. until: s, monotonic.
        """
        while True:
            seconds = left()
            if seconds is not None and seconds <= 0:
                return True
            if until is not None:
                limit = until - time.monotonic()
                if limit <= 0:
                    return False
                seconds = limit if seconds is None else min(seconds, limit)
            waker = self.loop.event()
            self._wakers.add(waker)
            call_off = None if seconds is None else self.loop.later(seconds, waker.set)
            try:
                await waker.wait()
            finally:
                self._wakers.discard(waker)
                if call_off is not None:
                    call_off()


def _log_failure(_: None, error: Exception | None) -> None:
    if error is not None:
        logger.error("The record of a closed connection could not be deleted", exc_info=error)
