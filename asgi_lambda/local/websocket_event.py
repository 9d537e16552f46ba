"""The events of a WebSocket API: a client connects, sends a message, is gone.

Source: API Gateway guide, "Overview of WebSocket APIs" and "API Gateway mapping template and access
logging variable reference"; captures of real events.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.errors import ConfigurationError
from asgi_lambda.local import fields
from asgi_lambda.local.payload_v1 import REST_STAGE, domain_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.request import Deployment, Request
    from asgi_lambda.local.websocket_connection import Connection

DEFAULT_ROUTE: Final = "$default"
# What the guides and SAM's templates select by.
_SELECTION: Final = "$request.body.action"
_REMOVED: Final = ("connection", "upgrade")
# All that is known of a client that is gone. Source: a capture.
_FAREWELL: Final = ("x-api-key", "X-Forwarded-For", "x-restapi")


class Routes:
    """Which route a message takes.

    names: routes beside `$default`, which there always is. selection: `$request.body.` and the
    property that names one, as "$request.body.action".
    Raises ConfigurationError.
    """

    __slots__ = ("_names", "_property")

    def __init__(self, names: Iterable[str] = (), selection: str | None = None) -> None:
        expression = (selection or _SELECTION).replace("${", "$").replace("}", "")
        prefix, found, path = expression.partition("$request.body.")
        if prefix or not found or not all(path.split(".")):
            raise ConfigurationError(
                f"route_selection_expression: expected one as {_SELECTION!r}, got {selection!r}"
            )
        self._names = frozenset(names)
        self._property = path.split(".")

    def of(self, body: str) -> str:
        """The key of the route for a message; `$default` also for what is no JSON."""
        try:
            value: Any = json.loads(body)
        except ValueError:
            return DEFAULT_ROUTE
        for name in self._property:
            value = value.get(name) if isinstance(value, dict) else None
        return value if isinstance(value, str) and value in self._names else DEFAULT_ROUTE


def connect(request: Request, connection: Connection, deployment: Deployment) -> Event:
    """Of a handshake: its headers, and its query if it has one; it has no path and no method."""
    pairs = [
        (name.title().replace("-Websocket-", "-WebSocket-"), value)
        for name, value in fields.received(request, domain_name(deployment))
        if name.lower() not in _REMOVED
    ]
    event = _with_headers(sorted(pairs, key=lambda pair: pair[0]))
    query = fields.grouped(fields.decoded(fields.parameters(request.query)))
    if query:
        event["queryStringParameters"] = {name: values[-1] for name, values in query.items()}
        event["multiValueQueryStringParameters"] = query
    event["requestContext"] = _context(request, connection, deployment, {"routeKey": "$connect"})
    event["isBase64Encoded"] = False
    return event


def message(request: Request, connection: Connection, deployment: Deployment, route: str) -> Event:
    """Of a message, which is the body of the request; it has neither headers nor a query."""
    own = {"routeKey": route, "messageId": short_id(request.id[::-1])}
    return {
        "requestContext": _context(request, connection, deployment, own),
        "body": request.body.decode(),
        "isBase64Encoded": False,
    }


def disconnect(
    request: Request, connection: Connection, deployment: Deployment, code: int, reason: str
) -> Event:
    """Of a connection that has ended, and why."""
    own = {
        "routeKey": "$disconnect",
        "disconnectStatusCode": code,
        "disconnectReason": reason,
    }
    host = ("Host", domain_name(deployment))
    return {
        **_with_headers([host, *((name, "") for name in _FAREWELL)]),
        "requestContext": _context(request, connection, deployment, own),
        "isBase64Encoded": False,
    }


def short_id(uuid: str) -> str:
    """An id as API Gateway has them for requests, messages and connections: 15 characters and `=`.

    uuid: what it is made of, 32 hexadecimal digits and hyphens.
    """
    return base64.urlsafe_b64encode(bytes.fromhex(uuid.replace("-", ""))[:11]).decode("ascii")


def _with_headers(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    headers = fields.grouped(pairs)
    return {
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
    }


def _context(
    request: Request, connection: Connection, deployment: Deployment, own: dict[str, Any]
) -> dict[str, Any]:
    agent = fields.user_agent(connection.handshake)
    request_id = short_id(request.id)
    return {
        **own,
        "eventType": request.method,
        "extendedRequestId": request_id,
        "requestTime": fields.request_time(request),
        "messageDirection": "IN",
        "stage": deployment.stage or REST_STAGE,
        "connectedAt": connection.connected_at,
        "requestTimeEpoch": request.received,
        "identity": {
            **({} if agent is None else {"userAgent": agent}),
            "sourceIp": connection.handshake.client,
        },
        "requestId": request_id,
        "domainName": domain_name(deployment),
        "connectionId": connection.id,
        "apiId": fields.API_ID,
    }
