"""The `@connections` API: how a function reaches the clients of its WebSocket API.

A request has to be signed, but nobody checks the signature: there are no accounts here.
Source: API Gateway guide, "Use @connections commands in your backend service"; the service model
`apigatewaymanagementapi` of botocore; answers as they were reported.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from asgi_lambda.local.answer import Answer
from asgi_lambda.local.fields import user_agent
from asgi_lambda.local.limits import MESSAGE
from asgi_lambda.local.websocket_connection import DELETED, Gone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_lambda.local.request import Request
    from asgi_lambda.local.websocket_connection import Connection

_ALPHABET: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


async def respond(
    prefix: str, connections: Mapping[str, Connection], request: Request, size: int
) -> Answer:
    """The answer to an HTTP request at a WebSocket API, which has nothing but this one.

    prefix: the address of its stage. size: bytes of the body, of which the request may have only
    the first ones.
    """
    path = unquote(request.path)
    if not f"{path}/".startswith(f"{prefix}/"):
        return FORBIDDEN
    name = path.removeprefix(f"{prefix}/@connections/")
    if name == path:
        return _UPGRADE
    if not _signed(request) or request.method not in ("DELETE", "GET", "POST"):
        return _UNSIGNED
    if len(name) != 16 or name[-1] != "=" or not _ALPHABET.issuperset(name[:-1]):
        return _rejection(400, "BadRequestException", f"Invalid connectionId: {name}")
    connection = connections.get(name)
    if connection is None or not connection.open:
        return _GONE
    if request.method == "GET":
        return _answer(200, _shown(connection))
    if request.method == "DELETE":
        await connection.close(*DELETED)
        return _answer(204, None)
    if size > MESSAGE:
        return _TOO_LARGE
    try:
        await connection.post(request.body.decode("utf-8", "replace"))
    except Gone:
        return _GONE
    return _answer(200, None)


def _signed(request: Request) -> bool:
    sent = [value.startswith("AWS4-HMAC-SHA256 ") for value in request.values("authorization")]
    return any(sent) or "X-Amz-Signature=" in request.query


def _shown(connection: Connection) -> dict[str, Any]:
    agent = user_agent(connection.handshake)
    return {
        "connectedAt": _iso(connection.connected_at),
        "identity": {
            "sourceIp": connection.handshake.client,
            **({} if agent is None else {"userAgent": agent}),
        },
        "lastActiveAt": _iso(connection.active_at),
    }


def _iso(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _answer(status: int, content: object) -> Answer:
    if content is None:
        return Answer(status, [] if status == 204 else [("content-length", "0")], b"")
    body = json.dumps(content, separators=(",", ":")).encode()
    headers = [("content-type", "application/json"), ("content-length", str(len(body)))]
    return Answer(status, headers, body)


def _rejection(status: int, error: str, text: str | None) -> Answer:
    """An answer with the name of an error, as SDKs know it."""
    answer = _answer(status, None if text is None else {"message": text})
    if error:
        answer.headers.append(("x-amzn-errortype", error))
    return answer


FORBIDDEN: Final = _rejection(403, "ForbiddenException", "Forbidden")
_UPGRADE: Final = _rejection(426, "", "Upgrade Required")
_UNSIGNED: Final = _rejection(
    403, "MissingAuthenticationTokenException", "Missing Authentication Token"
)
_TOO_LARGE: Final = _rejection(413, "PayloadTooLargeException", "Message too long")
# Without a body, which SDKs have stumbled over.
_GONE: Final = _rejection(410, "GoneException", None)
