"""What a source is, and the few values that formats have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asgi_lambda.asgi_types import HTTPScope
    from asgi_lambda.lambda_types import Event
    from asgi_lambda.response import Response

    Parsed = tuple[HTTPScope, str | None, bool]

# Bytes of JSON that Lambda takes as the response of a synchronous invocation: 6 MiB and a little.
# Source: the error text "Exceeded maximum allowed payload size (6291556 bytes)".
LAMBDA_LIMIT: Final = 6 * 1024 * 1024 + 100

_ROOM_FOR_HEADERS: Final = 65_536

# ASGI's `http_version` for `protocol`, where it is not "1.1".
HTTP_VERSIONS: Final = {"HTTP/1.0": "1.0", "HTTP/2": "2", "HTTP/2.0": "2"}


class Source:
    """One front door: two pure functions, and what to know of its responses.

    name: as the command line takes it. parse: an event to the scope, whose `content-length` is that
    of the decoded body, the body as it came, and whether it is base64. render: a response to a dict
    of exactly the keys that the front door accepts. limit: bytes of JSON it takes. base64_note:
    what to tell who sends base64, "" where every client gets the bytes. is_websocket: its events
    belong to connections, and are no requests.
    """

    __slots__ = ("base64_note", "fits", "limit", "name", "parse", "render")

    is_websocket = False

    def __init__(
        self,
        name: str,
        parse: Callable[[Event], Parsed],
        render: Callable[[Response], Mapping[str, Any]],
        limit: int = LAMBDA_LIMIT,
        base64_note: str = "",
    ) -> None:
        self.name = name
        self.parse = parse
        self.render = render
        self.limit = limit
        # Characters of body that fit in any case: a character takes six bytes of JSON at most.
        self.fits = (limit - _ROOM_FOR_HEADERS) // 6
        self.base64_note = base64_note


def client(address: str | None) -> tuple[str, int] | None:
    """ASGI's `client` for the address that AWS saw; no front door tells the port, so it is 0."""
    if not address:
        return None
    if not isinstance(address, str):
        raise TypeError("expected the client's address as text")
    return address, 0


def is_default_host(domain: str | None) -> bool:
    """Whether API Gateway was called by the name it gave, under which clients see the stage.

    Asked of `requestContext.domainName`: the Host header is the client's.
    """
    return domain is None or ".execute-api." in domain
