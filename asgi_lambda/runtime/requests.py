"""Requests of HTTP/1.1 into bytes; bodies are chunked, or have a length.

No I/O. Source: RFC 9112.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def head(method: str, path: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """The head of a request; whoever writes the body says its length, or its encoding, in `fields`.

    UTF-8, as AWS's client has it. Raises ValueError for text that would end its line.
    """
    return _lines([f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields)])


def chunk(*data: bytes) -> list[bytes]:
    """A part of a chunked body, in pieces to be sent; an empty one would be its end.

    The pieces of `data` are not copied: they may be large.
    """
    length = sum(map(len, data))
    return [b"%x\r\n" % length, *data, b"\r\n"] if length else []


def last_chunk(trailers: Iterable[tuple[str, str]] = ()) -> bytes:
    """The end of a chunked body, with what is to be told only there."""
    return _lines(["0", *(f"{name}: {value}" for name, value in trailers)])


def _lines(lines: list[str]) -> bytes:
    text = "\r\n".join([*lines, "", ""])
    # Each end of a line is ours.
    if not text.count("\r") == text.count("\n") == len(lines) + 1 or "\0" in text:
        raise ValueError("expected one line, got several")
    return text.encode("utf-8", "replace")
