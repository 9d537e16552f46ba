"""The sockets of a gateway: each is a connection, whose life becomes events for the function.

CONNECT decides about the handshake, every message is an invocation, DISCONNECT tells of the end. As
on AWS messages do not wait for each other: invocations begin in order, and may overlap.
Source: API Gateway guide, "Manage connected users and client apps" and "Quotas"; what clients of
real APIs saw.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from asgi_lambda.local import websocket_event
from asgi_lambda.local.answer import Answer, MalformedResponse, read
from asgi_lambda.local.asgi import read_body, request_of, send_answer
from asgi_lambda.local.connections import FORBIDDEN, respond
from asgi_lambda.local.limits import MESSAGE
from asgi_lambda.local.refusal import Cause, Refused
from asgi_lambda.local.request import Request
from asgi_lambda.local.websocket_connection import Clock, Connection, Gone

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from asgi_lambda.asgi_types import Message, Receive, Scope, Send
    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.exchange import Exchange
    from asgi_lambda.local.front_door import Settings
    from asgi_lambda.local.gateway import Gateway

logger = logging.getLogger("asgi_lambda")

# What clients are told, at the handshake with the status, later as a message.
_FAULTS: Final = {
    Cause.FAILED: (502, "Internal server error"),
    Cause.PATIENCE: (504, "Endpoint request timed out"),
}
# What a server says where a client gave no code, and where there was no close at all.
_NO_CODE: Final = 1005
_LOST: Final = 1006
# uvicorn's code for its own end, which no client of AWS ever sees.
_RESTART: Final = 1012
# Source: captures.
_REASONS: Final = {_NO_CODE: "Client-side close frame status not set", 1001: "Going away"}
# What servers add to an accepted handshake by themselves.
_OF_THE_SERVER: Final = ("content-type", "content-length", "connection", "upgrade")


class WebSockets:
    """The sockets of a gateway, and the API by which its function reaches them.

    clock: by which sockets are idle or old. Raises ConfigurationError for settings of routes.
    """

    def __init__(self, gateway: Gateway, settings: Settings) -> None:
        self.clock = Clock()
        self._gateway = gateway
        self._routes = websocket_event.Routes(
            settings.get("routes", ()), settings.get("route_selection_expression")
        )
        self._connections: dict[str, Connection] = {}
        # Invocations that nobody waits for any longer.
        self._late: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a socket, or an HTTP request."""
        if scope["type"] == "websocket":
            await self._serve(scope, receive, send)
            return
        request = request_of(scope)
        request.body, size = await read_body(receive, MESSAGE)
        answer = await respond(self._gateway.door.prefix, self._connections, request, size)
        if answer.status >= 400:
            logger.warning("%s %s -> %d", request.method, request.path, answer.status)
        await send_answer(answer, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # that the client asks
        handshake = request_of(scope)
        prefix = self._gateway.door.prefix
        if unquote(handshake.path) not in (prefix, f"{prefix}/"):
            logger.warning("%s -> 403: expected the path %s", handshake.path, prefix)
            await _refuse(scope, FORBIDDEN, send)
            return
        connection = Connection(handshake, send, self.clock)
        answer = await self._connect(connection)
        if answer.status >= 300:
            await _refuse(scope, answer, send)
            return
        self._connections[connection.id] = connection
        expiry = asyncio.create_task(connection.expire())
        try:
            await _accept(connection, answer)
            await self._live(connection, receive)
        finally:
            del self._connections[connection.id]
            connection.open = False
            expiry.cancel()

    async def _live(self, connection: Connection, receive: Receive) -> None:
        """Pass messages on until the client is gone, then tell the function."""
        running: set[asyncio.Task[None]] = set()

        def begin(work: Coroutine[Any, Any, None]) -> None:
            task = asyncio.create_task(work)
            running.add(task)
            task.add_done_callback(running.discard)

        while (received := await receive())["type"] != "websocket.disconnect":
            text = received.get("text")
            connection.touch()
            if text is None:
                await connection.close(1003)
            elif len(text.encode()) > MESSAGE:
                await connection.close(1009)
            elif connection.open:
                begin(self._message(connection, text))
        connection.open = False
        end = connection.end or _end(received)
        begin(self._disconnect(connection, *end))
        await asyncio.gather(*running)

    async def _connect(self, connection: Connection) -> Answer:
        """What the function says to a handshake; an answer of our own where it failed."""
        request = connection.handshake
        event = websocket_event.connect(request, connection, self._gateway.door.deployment)
        exchange = self._gateway.open(self._gateway.door, request)
        try:
            answer = await self._invoke(exchange, event)
        except Refused as refused:
            answer = _fault(exchange, connection, refused)
        # An accepted one gets no body.
        shown = answer if answer.status >= 300 else Answer(101, [], b"")
        self._gateway.close(exchange, shown)
        return answer

    async def _message(self, connection: Connection, text: str) -> None:
        route = self._routes.of(text)
        request = _request("MESSAGE", connection, text)
        deployment = self._gateway.door.deployment
        event = websocket_event.message(request, connection, deployment, route)
        await self._tell(connection, request, event, route)

    async def _disconnect(self, connection: Connection, code: int, reason: str) -> None:
        request = _request("DISCONNECT", connection)
        deployment = self._gateway.door.deployment
        event = websocket_event.disconnect(request, connection, deployment, code, reason)
        await self._tell(connection, request, event, str(code))

    async def _tell(
        self, connection: Connection, request: Request, event: Event, label: str
    ) -> None:
        """Invoke the function; its client gets a message if that fails, and nothing else."""
        exchange = self._gateway.open(self._gateway.door, request)
        exchange.target = f"{connection.id} {label}"
        answer = Answer(200, [], b"")
        try:
            await self._invoke(exchange, event)
        except Refused as refused:
            answer = _fault(exchange, connection, refused)
            if connection.open:
                try:
                    await connection.post(answer.body.decode())
                except Gone:
                    logger.debug("The client left before it got the error")
        self._gateway.close(exchange, answer)

    async def _invoke(self, exchange: Exchange, event: Event) -> Answer:
        """What the function answers. Raises Refused."""
        gateway = self._gateway
        exchange.event = gateway.door.sign(event)
        task = asyncio.create_task(gateway.invoke(exchange, exchange.event))
        await asyncio.wait({task}, timeout=gateway.door.patience)
        if not task.done():
            self._late.add(task)
            task.add_done_callback(self._late.discard)
            raise Refused(Cause.PATIENCE, f"expected a response within {gateway.door.patience} s")
        if exchange.error is not None:
            raise Refused(Cause.FAILED, f"the function raised {type(exchange.error).__name__}")
        try:
            # A response of payload format 1.0, as that to a REST API.
            return read("rest-api", exchange.response)
        except MalformedResponse as error:
            raise Refused(Cause.FAILED, str(error)) from error


def _request(kind: str, connection: Connection, text: str = "") -> Request:
    """What an event is made of that is no handshake."""
    return Request(kind, "/", (), text.encode(), connection.handshake.client)


def _fault(exchange: Exchange, connection: Connection, refused: Refused) -> Answer:
    """The gateway's own answer to a handshake; to a message its body is the answer."""
    status, text = _FAULTS[refused.cause]
    exchange.reason = str(refused)
    logger.error("The front door answers %d to %s: %s", status, exchange.request.method, refused)
    request_id = websocket_event.short_id(exchange.request.id)
    # With these spaces.
    body = f'{{"message": {json.dumps(text)}, "connectionId":"{connection.id}", '
    body += f'"requestId":"{request_id}"}}'
    return Answer(status, [("content-type", "application/json")], body.encode())


async def _accept(connection: Connection, answer: Answer) -> None:
    named = dict(answer.headers)
    headers = [
        (name.encode(), value.encode())
        for name, value in answer.headers
        if name not in _OF_THE_SERVER and not name.startswith(("sec-websocket-", "x-amzn-remapped"))
    ]
    try:
        await connection.accept(named.get("sec-websocket-protocol"), headers)
    except Gone:
        logger.debug("The client left before it was accepted")


async def _refuse(scope: Scope, answer: Answer, send: Send) -> None:
    """Refuse a handshake; a server that has no words for it makes it a 403."""
    if "websocket.http.response" in (scope.get("extensions") or {}):
        # Older versions of uvicorn write a length of their own beside it.
        headers = [pair for pair in answer.headers if pair[0] != "content-length"]
        refusal = Answer(answer.status, headers, answer.body)
        await send_answer(refusal, send, "websocket.http")
    else:
        await send({"type": "websocket.close"})


def _end(message: Message) -> tuple[int, str]:
    """Code and reason of a disconnect, as API Gateway has them."""
    code, reason = message.get("code", _NO_CODE), message.get("reason")
    if code == _NO_CODE and reason is None:
        # uvicorn's message for a client that said nothing at all; of a close it knows a reason.
        code = _LOST
    if code == _RESTART:
        code = 1001
    return code, reason or _REASONS.get(code, "")
