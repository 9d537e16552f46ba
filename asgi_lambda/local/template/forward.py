"""A request passed on to the socket of a process, and its answer passed back as it comes."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

import h11

from asgi_lambda.local.template.child import PASSED

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Receive, Scope, Send
    from asgi_lambda.local.template.child import Passed

# Those that this side answers or chooses itself.
_OWN: Final = (PASSED, b"expect")
_OWN_ANSWER: Final = (b"connection", b"transfer-encoding")
_CHUNK: Final = 64 * 1024


class ProcessGone(Exception):
    """The process ended before it had answered."""


async def forward(socket: str, passed: Passed, scope: Scope, receive: Receive, send: Send) -> None:
    """Let the process at a socket answer.

    Raises ProcessGone where nothing came from it, and h11.LocalProtocolError for a request that
    cannot be passed on.
    """
    request = _request(scope, passed)
    try:
        reader, writer = await asyncio.open_unix_connection(socket)
    except OSError as error:
        raise ProcessGone(str(error)) from error
    exchange = _Exchange(reader, writer)
    pump = asyncio.create_task(exchange.pass_body(receive))
    try:
        exchange.ask(request)
        await exchange.answer(send)
    finally:
        pump.cancel()
        await asyncio.gather(pump, return_exceptions=True)
        writer.close()


class _Exchange:
    """One request and its answer, on a connection of their own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._connection = h11.Connection(h11.CLIENT)
        self._client_left = False

    def ask(self, event: Any) -> None:
        """Pass on the request, or a part of it."""
        self._writer.write(self._connection.send(event) or b"")

    async def pass_body(self, receive: Receive) -> None:
        """Pass the body on, then wait until the client leaves, which ends the connection."""
        while (message := await receive())["type"] == "http.request":
            self.ask(h11.Data(data=message.get("body", b"")))
            if not message.get("more_body", False):
                self.ask(h11.EndOfMessage())
            try:
                await self._writer.drain()
            except OSError:  # it answers without having read all
                return
        self._client_left = True
        self._writer.close()

    async def answer(self, send: Send) -> None:
        """Pass the answer back, as far as it comes. Raises ProcessGone where there is none."""
        began = False
        while not isinstance(event := await self._next(), h11.EndOfMessage):
            if event is None:
                if began or self._client_left:
                    return
                raise ProcessGone("it ended while it had the request")
            if isinstance(event, h11.Response):
                began = True
                headers = [pair for pair in event.headers if pair[0] not in _OWN_ANSWER]
                status = event.status_code
                await send({"type": "http.response.start", "status": status, "headers": headers})
            else:
                body = bytes(event.data)
                await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _next(self) -> Any:
        """The next part of the answer, None at the end of the connection."""
        while (event := self._connection.next_event()) is h11.NEED_DATA:
            try:
                data = await self._reader.read(_CHUNK)
            except OSError:
                return None
            if not data:
                return None
            self._connection.receive_data(data)
        return event


def _request(scope: Scope, passed: Passed) -> h11.Request:
    path = scope.get("raw_path") or scope["path"].encode()
    query = scope["query_string"]
    headers = [(name, value) for name, value in scope["headers"] if name not in _OWN]
    said = json.dumps(passed).encode()
    return h11.Request(
        method=scope["method"],
        target=path + b"?" + query if query else path,
        headers=[*headers, (PASSED, said)],
    )
