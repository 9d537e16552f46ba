"""Events out of JSON, results into JSON, as AWS's client writes it.

Source: AWS's Python runtime client, which uses simplejson.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.response import UTF8_RUNTIMES
from asgi_lambda.runtime.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Characters; above it base64 is joined to the rest, rather than looked through for escapes.
_WORTH_SPLITTING: Final = 16_384
_ESCAPES: Final = os.environ.get("AWS_EXECUTION_ENV") not in UTF8_RUNTIMES
_encode: Final = json.JSONEncoder(ensure_ascii=_ESCAPES).encode


def decode(body: bytes) -> Any:
    """The event. Raises Fault."""
    try:
        return json.loads(body)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None


def encode(result: Any) -> tuple[bytes, str]:
    """What a function returned, as bytes, and their media type. Raises Fault."""
    if isinstance(result, bytes):
        return result, "application/unknown"
    try:
        return to_json(result).encode(), "application/json"
    except Exception as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


def encode_response(rendered: Mapping[str, Any]) -> tuple[bytes, ...]:
    """A response of ours as JSON, in pieces; a large body in base64 is one as it is."""
    body: str = rendered["body"]
    if not rendered["isBase64Encoded"] or len(body) < _WORTH_SPLITTING:
        return (to_json(rendered).encode(),)
    rest = to_json({key: value for key, value in rendered.items() if key != "body"})
    return rest[:-1].encode() + b', "body": "', body.encode("ascii"), b'"}'


def to_json(value: Any) -> str:
    """JSON, with UTF-8 where AWS's client has it for this runtime, else ASCII."""
    try:
        return _encode(value)
    except TypeError:
        # Slow, and so only for what the standard library refuses.
        return "".join(_pieces(value))


def _pieces(value: Any) -> Iterator[str]:
    """JSON of a value that may have decimals and bytes in it. Raises TypeError."""
    # Most functions return none, and each process would wait for the import.
    from decimal import Decimal

    if isinstance(value, Decimal):
        yield "NaN" if value.is_nan() else str(value)
    elif isinstance(value, bytes):
        yield _encode(value.decode())
    elif isinstance(value, dict):
        yield from _joined(
            "{}",
            ([_encode(_key(key)), ": ", *_pieces(each)] for key, each in value.items()),
        )
    elif isinstance(value, list | tuple):
        yield from _joined("[]", (_pieces(each) for each in value))
    else:
        yield _encode(value)


def _joined(brackets: str, items: Any) -> Iterator[str]:
    yield brackets[0]
    for number, item in enumerate(items):
        if number:
            yield ", "
        yield from item
    yield brackets[1]


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, bytes):
        return key.decode()
    if key is None or isinstance(key, bool | int | float):
        return json.dumps(key)
    raise TypeError(f"keys must be str, int, float, bool or None, not {type(key).__name__}")
