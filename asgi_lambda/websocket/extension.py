"""What an application finds in `scope["extensions"]["asgi_lambda.connection"]`."""

from __future__ import annotations

import json
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from asgi_lambda.errors import DataConflict, MessageRefused, SendFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from asgi_lambda.websocket.connection import Connection
    from asgi_lambda.websocket.connections import Connections
    from asgi_lambda.websocket.outbox import Parcel

BINARY_REFUSED: Final = (
    "expected text, got bytes; a WebSocket API carries no binary messages, so encode them as base64"
)


class Stored(NamedTuple):
    """Data of a connection, as they were when last read or written here."""

    data: dict[str, Any]
    version: int


class ConnectionExtension:
    """One connection as the store knows it, and the means to write to others.

    id: what API Gateway calls it, for others to send to. replayed: whether this coroutine took over
    from one that had connected before.
    """

    def __init__(self, connection: Connection, home: Connections) -> None:
        self._connection = connection
        self._home = home
        self.stored = Stored({}, 0)

    @property
    def id(self) -> str:
        return self._connection.id

    @property
    def replayed(self) -> bool:
        return self._connection.cycle.replayed

    @property
    def data(self) -> Mapping[str, Any]:
        """What the application saved, as last read or written by this coroutine."""
        return MappingProxyType(self.stored.data)

    async def save(self, data: Mapping[str, Any]) -> None:
        """Keep these data in place of those that are there; JSON must be able to hold them.

        Before `websocket.accept` they are kept with the handshake. Raises DataConflict where
        another coroutine of this connection has saved since, or where the connection is over.
        """
        plain: dict[str, Any] = json.loads(json.dumps(dict(data)))
        version = self.stored.version
        if self._connection.stored:
            save = partial(self._home.common.store.save, self.id, plain, version)
            if not await self._home.run(self._connection, save):
                raise DataConflict(
                    f"expected version {version} of the data of this connection, got another one "
                    "or none; await refresh(), and decide anew"
                )
            version += 1
        self.stored = Stored(plain, version)

    async def refresh(self) -> Mapping[str, Any]:
        """Read the data anew, and return them. Raises DataConflict where there are none."""
        if self._connection.stored:
            load = partial(self._home.common.store.load, self.id)
            record = await self._home.run(self._connection, load)
            if record is None:
                raise DataConflict("expected the data of this connection, got none: it is over")
            self.stored = Stored(record.data, record.version)
        return self.data

    async def send(
        self, to: str | Iterable[str], *, text: str | None = None, bytes: bytes | None = None
    ) -> list[str]:
        """Send a message to one connection or many, and return those that are gone.

        At most 50 messages are under way at a time. Raises MessageRefused for one that is too large
        or binary, and SendFailed, after all were tried, where API Gateway did not take some.
        """
        if bytes is not None or text is None:
            raise MessageRefused(BINARY_REFUSED if text is None else "expected text alone")
        data = text.encode()
        ids = list(dict.fromkeys([to] if isinstance(to, str) else to))
        outboxes = [self._home.outbox(each, self._connection) for each in ids]
        parcels = [outbox.post(data) for outbox in outboxes]
        for outbox, parcel in zip(outboxes, parcels, strict=True):
            parcel.asked = not outbox.held
        self._home.stir(self._connection)
        gone: list[str] = []
        failed: list[Exception] = []
        for each, outbox, parcel in zip(ids, outboxes, parcels, strict=True):
            # One that waits for its own handshake is there, and has the message soon.
            if not outbox.held:
                await self._connection.calling(_outcome(each, parcel, gone, failed))
        if failed:
            raise SendFailed(
                f"{len(failed)} of {len(ids)} messages were not taken: {failed[0]}"
            ) from failed[0]
        return gone

    async def close(self, connection_id: str) -> None:
        """Close a connection, this one or another. One that is gone is closed. Raises SendFailed.

        The application sees `websocket.disconnect` in its own time.
        """
        outbox = self._home.outbox(connection_id, self._connection)
        parcel = outbox.close()
        if not outbox.held:
            failed: list[Exception] = []
            await self._connection.calling(_outcome(connection_id, parcel, [], failed))
            if failed:
                raise failed[0]


async def _outcome(
    connection_id: str, parcel: Parcel, gone: list[str], failed: list[Exception]
) -> None:
    try:
        await parcel.taken()
    except SendFailed as error:
        failed.append(error)
    except OSError:
        gone.append(connection_id)
