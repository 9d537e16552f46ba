"""A streamed response as the front doors read it: status and headers as JSON, then the body.

Knows no Runtime API, so that another entry point for streams can use it as it is.
Source: the API Gateway guide, "Lambda proxy integration with payload response streaming"; the
Lambda guide, "Response streaming for Lambda functions".
"""

from __future__ import annotations

import json
from binascii import a2b_base64
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTENT_TYPE: Final = "application/vnd.awslambda.http-integration-response"
# The front doors that can stream, by the names of their sources; all others take one JSON document.
SOURCES: Final = frozenset({"function-url", "rest-api"})
# Bytes, of which API Gateway wants to find the end of the prelude in.
LARGEST: Final = 16_384

DELIMITER: Final = bytes(8)
_KEYS: Final = ("statusCode", "headers", "multiValueHeaders", "cookies")


def prelude(rendered: Mapping[str, Any]) -> bytes:
    """What precedes the body of a response, which is here as its source renders it."""
    fields = {key: rendered[key] for key in _KEYS if rendered.get(key)}
    # The escapes of JSON leave no NUL in it, which would end it.
    return json.dumps(fields).encode() + DELIMITER


def whole(rendered: Mapping[str, Any]) -> bytes:
    """A whole response, body and all: for a stream that has but one part."""
    body = rendered.get("body") or ""
    content = a2b_base64(body) if rendered.get("isBase64Encoded") else body.encode()
    return prelude(rendered) + content


def is_response(result: Any) -> bool:
    """Whether what a function returned is a response to a request."""
    return isinstance(result, dict) and "statusCode" in result
