"""Bodies: base64 in and out, and the one rule for text or binary."""

from __future__ import annotations

import binascii
from functools import lru_cache
from typing import Final

_TEXT_TYPES: Final = frozenset(
    {
        "application/json",
        "application/xml",
        "application/javascript",
        "application/x-javascript",
        "application/ecmascript",
        "application/x-www-form-urlencoded",
        "application/yaml",
        "application/x-yaml",
        "image/svg+xml",
    }
)


class InvalidBody(ValueError):
    """A body that claims to be base64 and is not, or text that no client can have sent."""


def decode(body: str | None, is_base64: bool) -> bytes:
    """The request body as the client sent it; an absent one is empty.

    Raises InvalidBody: guessing would hand the application another body than the client's.
    """
    if not body:
        return b""
    if not is_base64:
        try:
            return body.encode()
        except UnicodeEncodeError:
            raise InvalidBody("expected text, got half of a surrogate pair") from None
    try:
        data = binascii.a2b_base64(body)
    except ValueError as error:
        raise InvalidBody(str(error)) from None
    # The lenient decoder drops what is no base64, which shows in the length; the strict one is
    # slower by a tenth.
    if len(body) % 4 or len(data) != length(body, is_base64):
        raise InvalidBody("expected base64, got other characters")
    return data


def length(body: str | None, is_base64: bool) -> int:
    """The bytes that `decode` will give; of what it refuses, any number."""
    if not body:
        return 0
    if is_base64:
        return len(body) // 4 * 3 - body[-2:].count("=")
    return len(body) if body.isascii() else len(body.encode(errors="surrogatepass"))


def encode_base64(body: bytes) -> str:
    """`body` as one line of base64."""
    return binascii.b2a_base64(body, newline=False).decode("ascii")


# An application has few media types, and the bound holds where they have odd parameters.
@lru_cache(maxsize=64)
def is_textual(content_type: str, text_types: frozenset[str]) -> bool:
    """Whether a body of this media type may be sent as text."""
    media_type, _, parameters = content_type.lower().partition(";")
    media_type = media_type.strip()
    return (
        media_type.startswith("text/")
        or media_type in _TEXT_TYPES
        or media_type.endswith(("+json", "+xml"))
        or media_type in text_types
        or "charset=utf-8" in parameters.replace('"', "").replace(" ", "")
    )
