"""The response of an application, complete in memory, as the sources render it."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.body import encode_base64, is_textual

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from asgi_lambda.asgi_types import Pair

logger = logging.getLogger("asgi_lambda")

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

# AWS's client writes UTF-8 for these, and escapes what is not ASCII for all others.
# Source: awslambdaric, `lambda_runtime_marshaller.py`.
UTF8_RUNTIMES: Final = tuple(f"AWS_Lambda_python3.{minor}" for minor in range(12, 16))


class Response:
    """What a source renders.

    fields: `(name, value)`, names lower case, without those of `dropped`.
    """

    __slots__ = ("_text_types", "body", "fields", "status")

    def __init__(
        self,
        status: int,
        headers: Iterable[Pair],
        body: bytes,
        dropped: Container[bytes] = HOP_BY_HOP,
        text_types: frozenset[str] = frozenset(),
    ) -> None:
        self.status = status
        try:
            self.fields = [
                (name.decode(), value.decode()) for name, value in headers if name not in dropped
            ]
        except UnicodeDecodeError:
            self.fields = [
                (name.decode(), _text(value)) for name, value in headers if name not in dropped
            ]
        self.body = body
        self._text_types = text_types

    @classmethod
    def plain(cls, status: int, method: str) -> Response:
        """The answer to a request that the application left without one."""
        body = b"" if method == "HEAD" else _REASONS[status]
        return cls(status, [(b"content-type", b"text/plain; charset=utf-8")], body)

    def encoded_body(self, any_type: bool = False) -> tuple[str, bool]:
        """The body as text where it is UTF-8, else as base64, and whether it is that.

        Text is also what is not compressed, and of a textual media type or `any_type`.
        """
        if not self.body:
            return "", False
        fields = dict(self.fields)
        if fields.get("content-encoding", "identity") == "identity" and (
            any_type or is_textual(fields.get("content-type", ""), self._text_types)
        ):
            try:
                return self.body.decode(), False
            except UnicodeDecodeError:
                pass
        return encode_base64(self.body), True


def exceeds(rendered: Mapping[str, Any], limit: int) -> bool:
    """Whether the JSON of a rendered response has more than `limit` bytes."""
    escapes = os.environ.get("AWS_EXECUTION_ENV") not in UTF8_RUNTIMES
    body = rendered["body"]
    # Base64 needs no escapes, and takes long to look through for them.
    size = len(body) + 2 if rendered["isBase64Encoded"] else _size(body, escapes)
    return size + _size({**rendered, "body": ""}, escapes) - len('""') > limit


def too_large(rendered: Mapping[str, Any], limit: int) -> str:
    """What to tell of a response that exceeds `limit`, and what to do about it."""
    return (
        f"gave a response that is too large: {len(rendered['body'])} characters of body, and the "
        f"front door takes {limit} bytes of JSON. Hand out a presigned URL of S3, or pages of it"
    )


_warned: Final[set[str]] = set()


def warn_once(note: str) -> None:
    """One warning per environment, on a response that goes out as base64."""
    if note not in _warned:
        _warned.add(note)
        logger.warning("The response goes out as base64; %s", note)


def _size(value: object, escapes: bool) -> int:
    import json

    return len(json.dumps(value, ensure_ascii=escapes).encode())


def _text(value: bytes) -> str:
    # Front doors read UTF-8; what is none goes out as the latin-1 that HTTP once had.
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
