"""What has to be known of a connection where its coroutine is not: the protocol, and in memory.

Knows no ASGI: a handshake is what `handshake` makes of it, and is kept as it is.
"""

from __future__ import annotations

import json
import threading
import time
from typing import Any, Final, NamedTuple, Protocol

# A connection lasts two hours at most (s). Source: API Gateway guide, "Quotas for WebSocket APIs".
LIFETIME: Final = 7_200.0


class Record(NamedTuple):
    """One connection. All of it can be written as JSON.

    handshake: what a scope is rebuilt from. data: the application's own. version: counts how often
    these were written.
    """

    handshake: dict[str, Any]
    data: dict[str, Any]
    version: int = 0


class ConnectionStore(Protocol):
    """Where connections are kept. Methods may block, and are called in threads, several at once.

    store_credentials: whether the handshake may hold cookies, authorization and tokens.
    """

    @property
    def store_credentials(self) -> bool: ...

    def create(self, connection_id: str, record: Record) -> None:
        """Keep a record for the lifetime of a connection, in place of any that is there."""

    def load(self, connection_id: str) -> Record | None:
        """The record as it is now, None where there is none."""

    def save(self, connection_id: str, data: dict[str, Any], version: int) -> bool:
        """Replace the data and count the version up, if it still is `version`; whether it was."""

    def delete(self, connection_id: str) -> None:
        """Forget the record, if there is one."""


class MemoryStore:
    """Records in this process: enough for one execution environment, and for tests."""

    def __init__(self, *, store_credentials: bool = False) -> None:
        self._store_credentials = store_credentials
        # JSON and when it expires (s, monotonic), oldest first, so that nobody holds what others
        # may write.
        self._records: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    @property
    def store_credentials(self) -> bool:
        return self._store_credentials

    def create(self, connection_id: str, record: Record) -> None:
        now = time.monotonic()
        with self._lock:
            self._records.pop(connection_id, None)
            for each in [key for key, (_, expires) in self._records.items() if expires <= now]:
                del self._records[each]
            self._records[connection_id] = json.dumps(record), now + LIFETIME

    def load(self, connection_id: str) -> Record | None:
        text, expires = self._records.get(connection_id, ("", 0.0))
        return Record(*json.loads(text)) if expires > time.monotonic() else None

    def save(self, connection_id: str, data: dict[str, Any], version: int) -> bool:
        with self._lock:
            record = self.load(connection_id)
            if record is None or record.version != version:
                return False
            changed = Record(record.handshake, data, version + 1)
            expires = self._records[connection_id][1]
            self._records[connection_id] = json.dumps(changed), expires
            return True

    def delete(self, connection_id: str) -> None:
        with self._lock:
            self._records.pop(connection_id, None)
