"""Requests and answers, as an ASGI server passes them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from asgi_lambda.local.request import Request

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Receive, Scope, Send
    from asgi_lambda.local.answer import Answer


def request_of(scope: Scope) -> Request:
    """The request of a scope, without its body; a WebSocket's has the method CONNECT."""
    raw_path = scope.get("raw_path")
    path = quote(scope["path"]) if raw_path is None else raw_path.decode("utf-8", "replace")
    target = f"{path}?{scope['query_string'].decode('utf-8', 'replace')}"
    # What is no UTF-8 is lost on the way to a function.
    headers = [
        (name.decode(), value.decode("utf-8", "replace")) for name, value in scope["headers"]
    ]
    client = scope.get("client")
    method = scope.get("method", "CONNECT")
    request = Request(method, target, headers, b"", client[0] if client else "127.0.0.1")
    # A WebSocket begins with HTTP.
    request.scheme = scope.get("scheme", "http").replace("ws", "http")
    server = scope.get("server")
    request.port = (server and server[1]) or {"https": 443}.get(request.scheme, 80)
    return request


async def read_body(receive: Receive, most: int) -> tuple[bytes, int]:
    """The body of a request and its size; of one larger than `most` bytes the first ones alone.

    All of it is received: a client that still sends would not read its answer.
    """
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= most:
            chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks), size


async def send_answer(answer: Answer, send: Send, kind: str = "http") -> None:
    """Answer a request; kind: of its messages, "websocket.http" for one that refuses a socket."""
    headers = [(name.encode(), value.encode()) for name, value in answer.headers]
    start = {"type": f"{kind}.response.start", "status": answer.status, "headers": headers}
    await send(start)
    await send({"type": f"{kind}.response.body", "body": answer.body})
