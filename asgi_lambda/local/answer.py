"""A Lambda response as the answer that a front door makes of it, and as strictly.

Source: API Gateway guide, "Output format of a Lambda function for proxy integration" and "Create
AWS Lambda proxy integrations for HTTP APIs"; Lambda guide, "Invoking Lambda function URLs"; Elastic
Load Balancing guide, "Use Lambda functions as targets"; recordings of malformed responses.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.errors import AsgiLambdaError
from asgi_lambda.local.request import matches
from asgi_lambda.sources.source import LAMBDA_LIMIT

if TYPE_CHECKING:
    from collections.abc import Collection

    Pair = tuple[str, str]

_JSON: Final = "application/json"
_TEXT: Final = "text/plain; charset=utf-8"
_REST_KEYS: Final = frozenset(
    {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
)
_ALB_NOT_NULL: Final = (
    "statusDescription",
    "headers",
    "multiValueHeaders",
    "body",
    "isBase64Encoded",
)
_FORMAT_2: Final = ("http-api", "function-url")
_DEFAULT_TYPE: Final = {
    "rest-api": _JSON,
    "http-api-v1": _TEXT,
    "http-api": _TEXT,
    "function-url": _JSON,
}
# What comes out as `x-amzn-remapped-...`, since the front door has its own.
_REMAPPED: Final = {
    "rest-api": ("connection", "content-length", "date", "server", "www-authenticate"),
    "function-url": ("connection", "content-length", "server"),
}
_WITHOUT_BODY: Final = (204, 304)
# Source: RFC 9110 section 5.6.2.
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# Bytes of JSON, and of an ALB's headers. Source: Elastic Load Balancing guide, "Use Lambda
# functions as targets" and "Troubleshoot your Application Load Balancers".
_ALB_LIMIT: Final = 1024 * 1024
_ALB_HEADERS: Final = 32 * 1024
# AWS's client escapes what is not ASCII only on older runtimes.
# Source: awslambdaric, `lambda_runtime_marshaller.py`.
_ESCAPES: Final = sys.version_info < (3, 12)


class MalformedResponse(AsgiLambdaError, ValueError):
    """A Lambda response that makes its front door answer with an error; says what is wrong."""


class UndecodableBody(MalformedResponse):
    """A body that says it is base64, and is not."""


class Answer:
    """What the client gets: `status`, `headers` and `body`.

    headers: `(name, value)`, names lower case, repeats kept. size: bytes of the body, of which a
    streamed answer keeps the first ones alone.
    """

    __slots__ = ("body", "headers", "size", "status")

    def __init__(self, status: int, headers: list[Pair], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.size = len(body)

    @property
    def reason(self) -> str:
        """The phrase behind the status, "" for a status that has none."""
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return ""


def read(
    source: str,
    response: Any,
    *,
    method: str = "GET",
    accept: str = "",
    binary_media_types: Collection[str] = (),
) -> Answer:
    """The answer of the front door of this name.

    accept: the request's header, by which a REST API decides whether to decode base64.
    Raises MalformedResponse.
    """
    response = as_json(source, response)
    if source in _FORMAT_2 and not (isinstance(response, dict) and "statusCode" in response):
        text = response if isinstance(response, str) else json.dumps(response)
        response = {"statusCode": 200, "headers": {"content-type": _JSON}, "body": text}
    if not isinstance(response, dict):
        raise MalformedResponse(f"expected an object, got {_kind(response)}")
    _check_keys(source, response)
    first = accept.partition(",")[0].partition(";")[0].strip().lower()
    decodes = source != "rest-api" or matches(first, binary_media_types)
    body = _body(response, decodes)
    answer = head(source, response)
    if not has_body(answer, method):
        return answer
    return Answer(answer.status, [*answer.headers, ("content-length", str(len(body)))], body)


def head(source: str, fields: dict[str, Any]) -> Answer:
    """Status and headers alone, but for the length of a body that is yet to come.

    fields: a response, or what precedes one that is streamed. Raises MalformedResponse.
    """
    status = _status(fields.get("statusCode", 200))
    headers = _headers(source, fields)
    size = len("".join(f"{name}: {value}\r\n" for name, value in headers).encode())
    if source.startswith("alb") and size > _ALB_HEADERS:
        raise MalformedResponse(f"expected at most {_ALB_HEADERS} bytes of headers, got {size}")
    if source in _DEFAULT_TYPE and not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", _DEFAULT_TYPE[source]))
    kept = [pair for pair in headers if pair[0] not in ("content-length", "transfer-encoding")]
    return Answer(status, kept, b"")


def has_body(answer: Answer, method: str) -> bool:
    """Whether a body follows the head of the answer to such a request."""
    return method != "HEAD" and answer.status not in _WITHOUT_BODY


def as_json(source: str, response: Any) -> Any:
    """The response as JSON has it, if it is not too long. Raises MalformedResponse."""
    try:
        text = json.dumps(response, ensure_ascii=_ESCAPES)
    except (TypeError, ValueError, RecursionError) as error:
        raise MalformedResponse(f"expected a response that fits into JSON: {error}") from error
    limit = _ALB_LIMIT if source.startswith("alb") else LAMBDA_LIMIT
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > limit:
        raise MalformedResponse(f"expected at most {limit} bytes of JSON, got {size}")
    return json.loads(text)


def _check_keys(source: str, response: dict[str, Any]) -> None:
    if source == "rest-api" and (not response or response.keys() - _REST_KEYS):
        raise MalformedResponse(
            f"expected keys of {sorted(_REST_KEYS)} alone, got {sorted(response)}"
        )
    if source in ("http-api-v1", "alb", "alb-multi-value") and "statusCode" not in response:
        raise MalformedResponse(f"expected statusCode, got the keys {sorted(response)}")
    if source in ("alb", "alb-multi-value"):
        for key in _ALB_NOT_NULL:
            if key in response and response[key] is None:
                raise MalformedResponse(f"{key}: expected a value or no such key, got null")


def _status(value: Any) -> int:
    text = value if isinstance(value, str) else str(value) if type(value) is int else ""
    if not (text.isascii() and text.isdigit() and 200 <= int(text) <= 599):
        raise MalformedResponse(f"statusCode: expected an integer from 200 to 599, got {value!r}")
    return int(text)


def _body(response: dict[str, Any], decodes: bool) -> bytes:
    body, is_base64 = response.get("body"), response.get("isBase64Encoded")
    if body is not None and not isinstance(body, str):
        raise MalformedResponse(f"body: expected text, got {_kind(body)}")
    if is_base64 is not None and not isinstance(is_base64, bool):
        raise MalformedResponse(f"isBase64Encoded: expected true or false, got {_kind(is_base64)}")
    if not is_base64 or not decodes:
        return (body or "").encode("utf-8", "replace")
    try:
        return base64.b64decode(body or "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise UndecodableBody(f"body: expected base64, got other text: {error}") from error


def _headers(source: str, response: dict[str, Any]) -> list[Pair]:
    """The headers of all the maps that the front door reads, in the order it gives them."""
    single, multiple = [], []
    if source != "alb-multi-value":
        single = [(name, [value]) for name, value in _map(response, "headers").items()]
    if source not in ("alb", *_FORMAT_2):
        multi = _map(response, "multiValueHeaders")
        multiple = [(name, _list(name, values)) for name, values in multi.items()]
    if source in (*_FORMAT_2, "rest-api"):  # which takes them of a streamed response alone
        multiple.append(("set-cookie", _list("cookies", response.get("cookies") or [])))
    if source == "alb-multi-value":
        # The last value leaves first, as a measurement in 2022 showed.
        multiple = [(name, values[::-1]) for name, values in multiple]
    groups = [*multiple, *single] if source == "rest-api" else [*single, *multiple]
    return [
        (_name(source, name), _value(source, name, value))
        for name, values in groups
        for value in values
    ]


def _map(response: dict[str, Any], key: str) -> dict[str, Any]:
    fields = response.get(key)
    if fields is not None and not isinstance(fields, dict):
        raise MalformedResponse(f"{key}: expected an object, got {_kind(fields)}")
    return fields or {}


def _list(name: str, values: Any) -> list[Any]:
    if not isinstance(values, list):
        raise MalformedResponse(f"{name}: expected a list of values, got {_kind(values)}")
    return values


def _name(source: str, name: str) -> str:
    lower = name.lower()
    if source == "function-url" and lower.startswith("x-amzn-remapped-"):
        raise MalformedResponse(f"expected a header name that is not reserved, got {name!r}")
    if not _TOKEN.fullmatch(lower):
        raise MalformedResponse(f"expected a header name, got {name!r}")
    return f"x-amzn-remapped-{lower}" if lower in _REMAPPED.get(source, ()) else lower


def _value(source: str, name: str, value: Any) -> str:
    if isinstance(value, bool | int | float) and not source.startswith("alb"):
        value = json.dumps(value)
    if not isinstance(value, str):
        raise MalformedResponse(f"header {name}: expected text, got {_kind(value)}")
    if _CONTROL.search(value):
        raise MalformedResponse(f"header {name}: expected one line, got control characters")
    return value.strip(" \t")


def _kind(value: Any) -> str:
    """What JSON calls it; never the value, which may be private."""
    return "null" if value is None else type(value).__name__
