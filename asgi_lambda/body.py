"""Bodies: base64 in and out, and the one rule for text or binary."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container

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


class InvalidBase64(ValueError):
    """A body that claims to be base64 and is not."""


def decode(body: str | None, is_base64: bool) -> bytes:
    """The request body as the client sent it; an absent one is empty.

    Raises InvalidBase64: guessing would hand the application another body than the client's.
    """
    if not body:
        return b""
    if not is_base64:
        return body.encode("utf-8", "replace")
    try:
        data = binascii.a2b_base64(body)
    except ValueError as error:
        raise InvalidBase64(str(error)) from None
    # The lenient decoder drops what is no base64, which shows in the length; the strict one is
    # slower by a tenth.
    if len(body) % 4 or len(data) != len(body) // 4 * 3 - body[-2:].count("="):
        raise InvalidBase64("expected base64, got other characters")
    return data


def encode_base64(body: bytes) -> str:
    """`body` as one line of base64."""
    return binascii.b2a_base64(body, newline=False).decode("ascii")


def is_textual(content_type: str, text_types: Container[str]) -> bool:
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
