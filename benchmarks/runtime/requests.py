"""Requests of HTTP/1.1 out of bytes, with the time at which each part of a body came.

No I/O. Not for strangers: what is malformed raises, and nothing is limited.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Bytes of a body that are kept; the rest of a large one is counted.
_KEPT: Final = 6 * 1024 * 1024


class Request:
    """One request; times are in ns, of the clock that all processes share.

    pieces: the body, as far as it is kept, with the time at which each part of it came. size: of
    the body. whole_at: when its end came, 0 before.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.pieces: list[tuple[int, bytes]] = []
        self.size = 0
        self.whole_at = 0

    @property
    def body(self) -> bytes:
        """The body, as far as it is kept."""
        return b"".join(piece for _, piece in self.pieces)


class RequestParser:
    """The requests of one connection."""

    def __init__(self) -> None:
        self._data = b""
        self._request: Request | None = None
        self._chunked = False
        # Bytes of the body, or of its chunk, that are still to come; None: a chunk's size is next.
        self._left: int | None = 0

    def feed(self, data: bytes) -> Iterator[Request]:
        """The requests that are complete now, and one whose client asks whether to go on."""
        now = time.monotonic_ns()
        self._data = self._data + data if self._data else data
        while True:
            if self._request is None:
                head, end, rest = self._data.partition(b"\r\n\r\n")
                if not end:
                    return
                self._data = rest
                if self._begin(head.decode("latin-1")):
                    yield self._opened()
            request = self._opened()
            if not self._read_body(request, now):
                return
            request.whole_at, self._request = now, None
            yield request

    def _opened(self) -> Request:
        assert self._request is not None
        return self._request

    def _begin(self, head: str) -> bool:
        """Whether the client waits for permission to send the body."""
        start, *lines = head.split("\r\n")
        self._request = Request(start.split(" ")[1])
        fields = dict(line.lower().split(":", 1) for line in lines)
        self._chunked = "chunked" in fields.get("transfer-encoding", "")
        self._left = None if self._chunked else int(fields.get("content-length", 0))
        return "100-continue" in fields.get("expect", "")

    def _read_body(self, request: Request, now: int) -> bool:
        """Whether the body has come to its end."""
        while True:
            if self._left is None:
                line, end, rest = self._data.partition(b"\r\n")
                if not end:
                    return False
                self._left = int(line.partition(b";")[0], 16)
                if not self._left:
                    return self._read_trailers()
                self._data = rest
            # Slices of the whole are no copies.
            piece, self._data = self._data[: self._left], self._data[self._left :]
            if piece:
                request.size += len(piece)
                if request.size <= _KEPT:
                    request.pieces.append((now, piece))
                self._left -= len(piece)
            if self._left:
                return False
            if not self._chunked:
                return True
            if len(self._data) < 2:
                return False
            self._data = self._data[2:]
            self._left = None

    def _read_trailers(self) -> bool:
        """Whether the end of a chunked body is there; `0` is still in the data."""
        _, end, rest = self._data.partition(b"\r\n")
        while end:
            line, end, rest = rest.partition(b"\r\n")
            if end and not line:
                self._data = rest
                return True
        self._left = None
        return False
