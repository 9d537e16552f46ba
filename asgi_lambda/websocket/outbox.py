"""What goes to one client: one call of the management API after the other, in order."""

from __future__ import annotations

import logging
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from asgi_lambda.errors import MessageRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_lambda.loop_types import Event
    from asgi_lambda.websocket.threads import Threads

logger = logging.getLogger("asgi_lambda")

# Bytes of one message. Source: API Gateway guide, "Quotas for WebSocket APIs".
LARGEST: Final = 131_072
# For so long (s) after its handshake a connection may not yet be there for those who send.
_OPENS_WITHIN: Final = 2.0
# Messages that wait for the answer to the handshake before who sends another has to wait too.
_MOST_HELD: Final = 100


class Gone(Exception):
    """The connection does not exist any more."""


class Sender(Protocol):
    """The management API of one WebSocket API. Methods block, and are called in threads.

    All raise SendFailed, and Gone. patience: for so long (s) a connection that is not there may
    still come to be.
    """

    def post(self, connection_id: str, data: bytes, patience: float) -> None: ...

    def delete(self, connection_id: str) -> None: ...


class Parcel:
    """One call. over: set at its end; gone and error: how that was; asked: somebody waits."""

    __slots__ = ("asked", "error", "gone", "make", "over")

    def __init__(self, make: Callable[[], None], over: Event) -> None:
        self.make = make
        self.over = over
        self.gone = False
        self.error: Exception | None = None
        self.asked = False

    async def taken(self) -> None:
        """Return once it was taken. Raises OSError where nobody is there, and SendFailed."""
        self.asked = True
        await self.over.wait()
        if self.gone:
            raise OSError("the connection was left by the client")
        if self.error is not None:
            raise self.error


class Outbox:
    """The calls for one client.

    held: they wait for the answer to the handshake. when_gone: called when the client is.
    """

    def __init__(self, connection_id: str, sender: Sender, threads: Threads) -> None:
        self.held = False
        self.when_gone: Callable[[], object] | None = None
        self._id = connection_id
        self._sender = sender
        self._threads = threads
        self._parcels: deque[Parcel] = deque()
        self._opened_at = -_OPENS_WITHIN
        self._gone = self._running = False

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._running

    @property
    def full(self) -> bool:
        """Whether so much is held that more has to wait."""
        return self.held and len(self._parcels) > _MOST_HELD

    def to(self, connection_id: str) -> Outbox:
        """One to another client, by the same way."""
        return Outbox(connection_id, self._sender, self._threads)

    def open(self) -> None:
        """The answer to the handshake has left, so what is held can."""
        self.held = False
        self._opened_at = time.monotonic()
        self._next()

    def post(self, data: bytes) -> Parcel:
        """Send a text message. Raises MessageRefused."""
        if len(data) > LARGEST:
            raise MessageRefused(
                f"expected a message of at most {LARGEST} bytes, got {len(data)}; "
                "split it, or send a link to it"
            )
        return self._put(lambda: self._sender.post(self._id, data, self._patience()))

    def close(self) -> Parcel:
        """Close the connection, after all that is there to be sent."""
        return self._put(partial(self._sender.delete, self._id))

    def _patience(self) -> float:
        return max(self._opened_at + _OPENS_WITHIN - time.monotonic(), 0.0)

    def _put(self, make: Callable[[], None]) -> Parcel:
        parcel = Parcel(make, self._threads.loop.event())
        self._parcels.append(parcel)
        self._next()
        return parcel

    def _next(self) -> None:
        while self._gone and self._parcels:
            self._finish(self._parcels.popleft(), Gone())
        if self._parcels and not self.held and not self._running:
            self._running = True
            parcel = self._parcels[0]
            self._threads.start(parcel.make, self._on_end)

    def _on_end(self, _: None, error: Exception | None) -> None:
        self._running = False
        self._finish(self._parcels.popleft(), error)
        if isinstance(error, Gone):
            self._gone = True
            if self.when_gone is not None:
                self.when_gone()
        self._next()

    def _finish(self, parcel: Parcel, error: Exception | None) -> None:
        parcel.gone = isinstance(error, Gone)
        parcel.error = error
        if error is not None and not parcel.gone and not parcel.asked:
            logger.error("A WebSocket message was not taken: %s", error)
        parcel.over.set()
