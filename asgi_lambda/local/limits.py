"""How large requests may be, by front door.

Source: API Gateway guide, "Quotas"; Elastic Load Balancing guide, "Quotas for your Application Load
Balancers" and "Use Lambda functions as targets"; Lambda guide, "Lambda quotas".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from asgi_lambda.local.refusal import Cause, Refused

if TYPE_CHECKING:
    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.request import Request

_MB: Final = 1024 * 1024
# Bytes of JSON. Source: "Request must be smaller than 6291456 bytes for the InvokeFunction
# operation".
LAMBDA_REQUEST: Final = 6 * _MB
# Bytes of a WebSocket's frames and messages, and of what is posted to one.
FRAME: Final = 32 * 1024
MESSAGE: Final = 128 * 1024
_BODY: Final = {
    "rest-api": 10 * _MB,
    "http-api": 10 * _MB,
    "http-api-v1": 10 * _MB,
    "function-url": LAMBDA_REQUEST,
    "alb": _MB,
    "alb-multi-value": _MB,
}
# Bytes of names and values together; of an HTTP API with the request line.
_API_HEADERS: Final = 10_240
_ALB_LINE: Final = 16 * 1024
_ALB_HEADERS: Final = 64 * 1024
# A byte of the body is six of JSON at most, and what else is in an event stays far below the rest.
_FITS: Final = (LAMBDA_REQUEST - 4 * _ALB_HEADERS) // 6


def check_headers(source: str, request: Request) -> None:
    """Raise Refused where the request line or the headers are too large."""
    if source == "function-url":  # no limit is documented
        return
    lines = [len(f"{name}{value}".encode()) for name, value in request.headers]
    first = len(request.method) + len(request.path) + len(request.query) + len("  ? HTTP/1.1")
    if source.startswith("alb"):
        _check(Cause.HEADERS, "in a line", max([first, *lines]), _ALB_LINE)
        _check(Cause.HEADERS, "of headers", sum(lines) + first, _ALB_HEADERS)
    else:
        total = sum(lines) if source == "rest-api" else sum(lines) + first
        _check(Cause.HEADERS, "of headers", total, _API_HEADERS)


def check_body(source: str, size: int) -> None:
    """Raise Refused where a body of so many bytes is too large for the front door."""
    _check(Cause.BODY, "of body", size, _BODY[source])


def check_event(event: Event) -> None:
    """Raise Refused where an event is too large for Lambda, which counts its JSON."""
    if len(event.get("body") or "") > _FITS:
        size = len(json.dumps(event, ensure_ascii=False).encode())
        _check(Cause.PAYLOAD, "of event", size, LAMBDA_REQUEST)


def _check(cause: Cause, what: str, size: int, most: int) -> None:
    if size > most:
        raise Refused(cause, f"expected at most {most} bytes {what}, got {size}")
