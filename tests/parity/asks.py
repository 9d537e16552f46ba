"""One request of a conversation, and short ways to write it down."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True)
class Ask:
    """One request.

    target: path and query as typed. headers: `{host}` is to be filled in. varies: patterns of what
    is another each time, in headers and body. status: what `adapt` answers with.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    varies: tuple[str, ...] = ()
    status: int = 200

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


def get(target: str, *varies: str, status: int = 200, **headers: str) -> Ask:
    return Ask("GET", target, _fields(headers), varies=varies, status=status)


def head(target: str, *, status: int = 200) -> Ask:
    return Ask("HEAD", target, status=status)


def post(
    target: str,
    content: Any,
    *varies: str,
    method: str = "POST",
    status: int = 200,
    **headers: str,
) -> Ask:
    """A request with JSON, or with bytes as they are."""
    if isinstance(content, bytes):
        return Ask(method, target, _fields(headers), content, varies, status)
    fields = _fields({"content_type": "application/json"} | headers)
    return Ask(method, target, fields, json.dumps(content).encode(), varies, status)


def form(target: str, content: dict[str, str], *, status: int, **headers: str) -> Ask:
    """A request with what a page's form sends."""
    fields = _fields({"content_type": "application/x-www-form-urlencoded"} | headers)
    return Ask("POST", target, fields, urlencode(content).encode(), status=status)


def _fields(headers: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Headers under the names that arguments can have."""
    return tuple((name.replace("_", "-"), value) for name, value in headers.items())
