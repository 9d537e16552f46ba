"""The response of an application, complete in memory, as the sources render it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda import body as bodies

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from asgi_lambda.asgi_types import Pair

# Headers of one connection, of which a front door has its own on either side.
# Source: RFC 9110 section 7.6.1; `sam local start-api` fails on a transfer-encoding it is given.
HOP_BY_HOP: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)

_REASONS: Final = {500: b"Internal Server Error", 504: b"Gateway Timeout"}

# The most bytes that one character takes in JSON, as an escape.
_WIDEST_ESCAPE: Final = 6
_ROOM_FOR_HEADERS: Final = 65_536
# AWS's client writes UTF-8 for these, and escapes everything else for all others.
# Source: awslambdaric, `lambda_runtime_marshaller.py`.
_UTF8_RUNTIMES: Final = tuple(f"AWS_Lambda_python3.{minor}" for minor in range(12, 16))


class Buffer:
    """The sink of a response that is rendered as a whole."""

    __slots__ = ("chunks",)

    def __init__(self) -> None:
        self.chunks: list[bytes] = []

    async def write(self, chunk: bytes) -> None:
        """Keep a part of the body."""
        self.chunks.append(chunk)


class Response:
    """What a source renders: `status`, `fields` and `body`.

    fields: `(name, value)`, names lower case, hop-by-hop headers removed.
    """

    __slots__ = ("body", "fields", "status", "text_types")

    def __init__(
        self,
        status: int,
        headers: Iterable[Pair],
        body: bytes,
        dropped: Container[bytes] = HOP_BY_HOP,
        text_types: Container[str] = (),
    ) -> None:
        self.status = status
        self.fields = [
            (name.decode("ascii"), _text(value)) for name, value in headers if name not in dropped
        ]
        self.body = body
        self.text_types = text_types

    @classmethod
    def plain(cls, status: int, method: str) -> Response:
        """The answer to a request that the application left without one."""
        content = b"" if method == "HEAD" else _REASONS[status]
        return cls(status, [(b"content-type", b"text/plain; charset=utf-8")], content)

    def header(self, name: str) -> str:
        """The first value of a header, "" where there is none."""
        return next((value for field, value in self.fields if field == name), "")

    def without(self, *names: str) -> list[tuple[str, str]]:
        """The fields but for those of these names."""
        return [field for field in self.fields if field[0] not in names]

    def cookies(self) -> list[str]:
        """The values of `set-cookie`, which no comma may join."""
        return [value for name, value in self.fields if name == "set-cookie"]

    def encoded_body(self, any_type: bool = False) -> tuple[str, bool]:
        """The body as text where it is UTF-8, else as base64, and whether it is that.

        Text is also what is not compressed, and of a textual media type or `any_type`.
        """
        if not self.body:
            return "", False
        if self.header("content-encoding") in ("", "identity") and (
            any_type or bodies.is_textual(self.header("content-type"), self.text_types)
        ):
            try:
                return self.body.decode(), False
            except UnicodeDecodeError:
                pass
        return bodies.encode_base64(self.body), True


def exceeds(rendered: Mapping[str, Any], limit: int) -> bool:
    """Whether the JSON of a rendered response has more than `limit` bytes."""
    widest = 1 if rendered["isBase64Encoded"] else _WIDEST_ESCAPE
    # Measuring is for the rare body that may be too large, with room for the headers.
    if len(rendered["body"]) * widest + _ROOM_FOR_HEADERS <= limit:
        return False
    import json

    escapes = os.environ.get("AWS_EXECUTION_ENV") not in _UTF8_RUNTIMES
    return len(json.dumps(rendered, ensure_ascii=escapes).encode("utf-8", "replace")) > limit


def _text(value: bytes) -> str:
    # Front doors read UTF-8; what is none goes out as the latin-1 that HTTP once had.
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
