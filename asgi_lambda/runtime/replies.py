"""Replies of HTTP/1.1 out of bytes.

No I/O: bytes come in any pieces, and no event loop is known here. Only what a Runtime API says is
understood, and whatever else comes is an error: to guess where a reply ends would mix two up.
Source: RFC 9112.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# Bytes. Lambda's own limits are below: 6 MB for an event, and a few KB for each header.
MOST_HEAD: Final = 65_536
MOST_BODY: Final = 64 * 1024 * 1024
_MOST_CHUNK_LINE: Final = 1_024

_BODILESS: Final = (204, 304)
_NAME: Final = frozenset(
    "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)
_HEXADECIMAL: Final = frozenset("0123456789abcdefABCDEF")


class MalformedReply(Exception):
    """Bytes that are no reply, or one that is too large; nothing that follows can be read."""


class Reply:
    """A whole reply; the names of its headers are lower case, and of repeats the last is kept."""

    __slots__ = ("body", "headers", "reusable", "status")

    def __init__(self, status: int, headers: Mapping[str, str], reusable: bool) -> None:
        self.status = status
        self.headers = headers
        # Whether the connection can take another request.
        self.reusable = reusable
        self.body = b""


class _Expected(Enum):
    """What the next byte is part of."""

    HEAD = "the head of a reply"
    BODY = "a body"
    CHUNK_SIZE = "the size of a chunk"
    CHUNK = "a chunk"
    TRAILERS = "the trailers"
    END = "a body up to the end of the connection"


class ReplyParser:
    """Replies out of bytes that come in any pieces."""

    __slots__ = ("_body", "_buffer", "_expected", "_left", "_reply", "_searched")

    _reply: Reply

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._expected = _Expected.HEAD
        self._body = bytearray()
        # Bytes of the body, or of its chunk, that are still to come.
        self._left = 0
        # Bytes of the buffer in which no end of a line was found.
        self._searched = 0

    def feed(self, data: bytes | memoryview) -> list[Reply]:
        """The replies that `data` completes. Raises MalformedReply."""
        self._buffer += data
        replies = []
        while self._buffer and (reply := self._advance()) is not None:
            if reply.status >= 200:  # a 1xx one announces the real one
                replies.append(reply)
        return replies

    def feed_end(self) -> list[Reply]:
        """The reply that the end of the connection completes.

        Raises MalformedReply where it cuts one off.
        """
        if self._expected is _Expected.END:
            return [self._complete()]
        if self._expected is _Expected.HEAD and not self._buffer:
            return []
        raise MalformedReply(f"the connection ended within {self._expected.value}")

    def _advance(self) -> Reply | None:
        """The next reply, None where bytes are missing."""
        while True:
            match self._expected:
                case _Expected.HEAD:
                    going_on = self._read_head()
                case _Expected.CHUNK_SIZE:
                    going_on = self._read_chunk_size()
                case _Expected.TRAILERS:
                    going_on = self._read_trailer()
                case _:
                    going_on = self._read_body()
            if self._expected is _Expected.HEAD and going_on:
                return self._complete()
            if not going_on:
                return None

    def _complete(self) -> Reply:
        self._expected = _Expected.HEAD
        reply = self._reply
        # It may be large, and the next one may be long in coming.
        del self._reply
        reply.body, self._body = bytes(self._body), bytearray()
        return reply

    def _read_head(self) -> bool:
        head = self._until(b"\r\n\r\n", MOST_HEAD)
        if head is None:
            return False
        start, _, lines = head.partition("\r\n")
        version, status = _status_line(start)
        headers = _fields(lines)
        connection = headers.get("connection", "").lower()
        reusable = "close" not in connection and (version != "1.0" or "keep-alive" in connection)
        self._reply = Reply(status, headers, reusable)
        self._expect_body(status, headers)
        return True

    def _expect_body(self, status: int, headers: Mapping[str, str]) -> None:
        """Decide where the body ends. Source: RFC 9112 section 6.3."""
        encoding, length = headers.get("transfer-encoding"), headers.get("content-length")
        if status < 200 or status in _BODILESS:
            return
        if encoding is not None:
            if encoding.lower() != "chunked" or length is not None:
                raise MalformedReply("expected a body that is chunked, or has a length")
            self._expected = _Expected.CHUNK_SIZE
        elif length is None:
            self._reply.reusable = False
            self._expected = _Expected.END
        else:
            if not (length.isascii() and length.isdigit() and len(length) < 16):
                raise MalformedReply("expected a number as content-length")
            self._left = int(length)
            self._check_size(self._left)
            if self._left:
                self._expected = _Expected.BODY

    def _read_chunk_size(self) -> bool:
        line = self._until(b"\r\n", _MOST_CHUNK_LINE)
        if line is None:
            return False
        digits = line.partition(";")[0].strip(" \t")
        if not digits or not _HEXADECIMAL.issuperset(digits) or len(digits) > 8:
            raise MalformedReply("expected the size of a chunk")
        self._left = int(digits, 16)
        self._check_size(len(self._body) + self._left)
        self._expected = _Expected.CHUNK if self._left else _Expected.TRAILERS
        return True

    def _read_trailer(self) -> bool:
        """Trailers are read for the sake of the end, and nobody asks for them."""
        line = self._until(b"\r\n", MOST_HEAD)
        if line is None:
            return False
        if line:
            _fields(line)
        else:
            self._expected = _Expected.HEAD
        return True

    def _read_body(self) -> bool:
        buffer = self._buffer
        if self._expected is _Expected.END:
            self._body += buffer
            buffer.clear()
            self._check_size(len(self._body))
            return False
        taken = min(self._left, len(buffer))
        self._body += memoryview(buffer)[:taken] if taken < len(buffer) else buffer
        del buffer[:taken]
        self._left -= taken
        if self._left:
            return False
        if self._expected is _Expected.BODY:
            self._expected = _Expected.HEAD
            return True
        if len(buffer) < 2:
            return False
        if not buffer.startswith(b"\r\n"):
            raise MalformedReply("expected the end of a chunk")
        del buffer[:2]
        self._expected = _Expected.CHUNK_SIZE
        return True

    def _until(self, end: bytes, most: int) -> str | None:
        """What is before `end`, and is taken out of the buffer; None where that is missing."""
        at = self._buffer.find(end, max(self._searched - len(end), 0))
        if (len(self._buffer) if at < 0 else at) > most:
            raise MalformedReply(f"expected at most {most} bytes before an end of line")
        if at < 0:
            self._searched = len(self._buffer)
            return None
        self._searched = 0
        text = self._buffer[:at].decode("latin-1")
        del self._buffer[: at + len(end)]
        return text

    def _check_size(self, size: int) -> None:
        if size > MOST_BODY:
            raise MalformedReply(f"expected a body of at most {MOST_BODY} bytes")


@lru_cache(16)  # few differ, and each reply has one
def _status_line(line: str) -> tuple[str, int]:
    """The version, as "1.1", and the status."""
    protocol, _, rest = line.partition(" ")
    status = rest.partition(" ")[0]
    if (
        protocol not in ("HTTP/1.1", "HTTP/1.0")
        or len(status) != 3
        or not (status.isascii() and status.isdigit())
        or not 100 <= int(status) <= 599
    ):
        raise MalformedReply("expected a status line of HTTP/1.1")
    return protocol[-3:], int(status)


def _fields(text: str) -> dict[str, str]:
    """Header fields. What may be in no value is looked for in all of them at once."""
    lines = text.split("\r\n") if text else []
    if not text.count("\r") == text.count("\n") == max(len(lines) - 1, 0) or "\0" in text:
        raise MalformedReply("expected a header field")
    fields = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise MalformedReply("expected a header field")
        fields[_name(name)] = value.strip(" \t")
    return fields


@lru_cache(64)  # as above
def _name(name: str) -> str:
    """The name of a field, in lower case."""
    if not name or not _NAME.issuperset(name):
        raise MalformedReply("expected a header field")
    return name.lower()
