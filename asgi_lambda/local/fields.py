"""What the events have in common: headers, cookies, queries, bodies, times.

Source: captures of real events, as the sources of `asgi_lambda.sources` cite them.
"""

from __future__ import annotations

import base64
from email.utils import formatdate
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_lambda.local.request import Request

    Pair = tuple[str, str]

ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"
API_ID: Final = "a1b2c3d4e5"
API_DOMAIN: Final = f"{API_ID}.execute-api.{REGION}.amazonaws.com"
CUSTOM_DOMAIN: Final = "api.example.com"

_TEXT_TYPES: Final = ("application/json", "application/javascript", "application/xml")
_REPLACED: Final = ("x-forwarded-for", "x-forwarded-port", "x-forwarded-proto")


def received(request: Request, host: str) -> list[Pair]:
    """The headers after AWS added its own, which have Title-Case names here.

    The peer is appended to `X-Forwarded-For`; what is left of it the client wrote.
    """
    sent = {name.lower() for name, _ in request.headers}
    pairs = [] if "host" in sent else [("Host", host)]
    pairs += [pair for pair in request.headers if pair[0].lower() not in _REPLACED]
    if "x-amzn-trace-id" not in sent:
        pairs.append(("X-Amzn-Trace-Id", _trace_id(request)))
    hops = [*request.values("x-forwarded-for"), request.client]
    return [
        *pairs,
        ("X-Forwarded-For", ", ".join(hops)),
        ("X-Forwarded-Port", str(request.port)),
        ("X-Forwarded-Proto", request.scheme),
    ]


def lower(pairs: Iterable[Pair]) -> list[Pair]:
    """The pairs with names in lower case."""
    return [(name.lower(), value) for name, value in pairs]


def with_length(pairs: list[Pair], length: int) -> list[Pair]:
    """The pairs with the `Content-Length` that an HTTP API adds, also where there is no body."""
    if any(name.lower() == "content-length" for name, _ in pairs):
        return pairs
    return [*pairs, ("Content-Length", str(length))]


def grouped(pairs: Iterable[Pair]) -> dict[str, list[str]]:
    """All values by name, in their order."""
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


def cookies(request: Request) -> list[str]:
    """The cookies, one by one."""
    crumbs = ";".join(request.values("cookie")).split(";")
    return [crumb.strip(" \t") for crumb in crumbs if crumb.strip(" \t")]


def parameters(query: str, separators: str = "&") -> list[Pair]:
    """Keys and values of a query string, undecoded; `flag` is the same as `flag=`."""
    for separator in separators:
        query = query.replace(separator, "&")
    parts = [part.partition("=") for part in query.split("&") if part]
    return [(key, value) for key, _, value in parts]


def decoded(pairs: Iterable[Pair]) -> list[Pair]:
    """Query parameters decoded once, in which `+` is a space; bytes that are no UTF-8 are lost."""
    return [(unquote_plus(key), unquote_plus(value)) for key, value in pairs]


def is_text(media_type: str) -> bool:
    """Whether API Gateway's HTTP APIs, Function URLs and ALB hand a body on as text."""
    return media_type.startswith("text/") or media_type in _TEXT_TYPES


def body(request: Request, as_text: bool) -> tuple[str, bool]:
    """The body as an event has it, and whether that is base64; text that is no UTF-8 is damaged."""
    if as_text or not request.body:
        return request.body.decode("utf-8", "replace"), False
    return base64.b64encode(request.body).decode("ascii"), True


def request_time(request: Request) -> str:
    """The time as the common log format has it, in UTC; month names never follow the locale."""
    _, day, month, year, clock, _ = formatdate(request.received / 1000).split()
    return f"{day}/{month}/{year}:{clock} +0000"


def short_id(request: Request) -> str:
    """An id as API Gateway's extended ones look: 15 characters and `=`."""
    return base64.b64encode(bytes.fromhex(request.id.replace("-", ""))[:11]).decode("ascii")


def user_agent(request: Request) -> str | None:
    """What the client calls itself."""
    return next(iter(request.values("user-agent")), None)


def _trace_id(request: Request) -> str:
    return f"Root=1-{request.received // 1000:08x}-{request.id.replace('-', '')[:24]}"
