"""Responses that each front door renders in its own way, and the two ways to have one rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgi_lambda import adapt
from asgi_lambda.response import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asgi_lambda.asgi_types import Message, Pair, Receive, Scope, Send
    from asgi_lambda.sources.source import Source

PLAIN: Final = (b"content-type", b"text/plain; charset=utf-8")
OCTETS: Final = (b"content-type", b"application/octet-stream")
# How gzip begins.
COMPRESSED: Final = b"\x1f\x8b\x08\x00"


def response(
    *, status: int = 200, headers: Sequence[Pair] = (PLAIN,), body: bytes = b"text"
) -> Response:
    return Response(status, headers, body)


def rendered(source: Source, response: Response) -> dict[str, Any]:
    return dict(source.render(response))


def answered(
    *,
    event: dict[str, Any],
    status: int = 200,
    headers: Sequence[Pair] = (PLAIN,),
    body: bytes = b"text",
    method: str | None = None,
) -> dict[str, Any]:
    """The Lambda response to `event` of an application that answers so."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {"type": "http.response.start", "status": status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": body})

    answer: dict[str, Any] = adapt(app, lifespan="off")(_with_method(event, method))
    return answer


def _with_method(event: dict[str, Any], method: str | None) -> dict[str, Any]:
    if method is None:
        return event
    if "httpMethod" in event:
        return event | {"httpMethod": method}
    context = event["requestContext"]
    return event | {"requestContext": context | {"http": context["http"] | {"method": method}}}
