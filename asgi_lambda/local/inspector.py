"""The inspector: a page at `/_lambda` that shows every exchange of a gateway as it happens.

Only for who sits at this machine: it answers no other, and to no name but loopback's, so that no
page of the web reaches it by a name that resolves to here (DNS rebinding). It loads nothing from
elsewhere.
"""

from __future__ import annotations

import asyncio
import copy
import ipaddress
import json
import re
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.local.events import BUILDERS
from asgi_lambda.local.replay import replay
from asgi_lambda.local.tap import tap
from asgi_lambda.local.target import handler_in
from asgi_lambda.local.view import as_json, detail, summary

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Receive, Scope, Send
    from asgi_lambda.local.exchange import Exchange
    from asgi_lambda.local.gateway import Gateway

    Queue = asyncio.Queue[bytes | None]

PATH: Final = "/_lambda"
_PAGE: Final = Path(__file__).parent / "page"
_FILES: Final = {
    "": ("index.html", "text/html; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
    "/script.js": ("script.js", "text/javascript; charset=utf-8"),
    "/parts.js": ("parts.js", "text/javascript; charset=utf-8"),
    "/replay.js": ("replay.js", "text/javascript; charset=utf-8"),
}
_JSON: Final = "application/json"
_LOOPBACK: Final = re.compile(
    # No name below `localhost` can be anybody's. Source: RFC 6761 section 6.3.
    r"(([a-z0-9-]+\.)*localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?",
    re.ASCII,
)
_ALWAYS: Final = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        b"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
]
# Exchanges that are kept, and bytes of body that these may have.
_MOST: Final = 200
_MOST_BYTES: Final = 100_000_000
# Seconds after which a silent stream says that it is there.
_HEARTBEAT: Final = 15.0


class Inspector:
    """A gateway and its inspector, as one ASGI application."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._exchanges: OrderedDict[str, Exchange] = OrderedDict()
        self._streams: set[Queue] = set()
        gateway.observers.append(self)
        handler = handler_in(gateway.function.handler)
        if handler is not None:
            tap(handler)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the inspector's own paths, and let the gateway serve all others."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not f"{path}/".startswith(f"{PATH}/"):
            await self._gateway(scope, receive, send)
            return
        if not _is_local(scope):
            message = b"The inspector answers to localhost alone.\n"
            await _answer(send, 403, "text/plain", message)
            return
        await self._inspect(scope, path.removeprefix(PATH).rstrip("/"), receive, send)

    def close(self) -> None:
        """End the streams: a server waits for them before it ends."""
        for stream in self._streams:
            stream.put_nowait(None)

    def started(self, seconds: float) -> None:
        """Not shown."""

    def arrived(self, exchange: Exchange) -> None:
        self._exchanges[exchange.id] = exchange
        if len(self._exchanges) > _MOST:
            self._exchanges.popitem(last=False)
        self._tell(exchange)

    def invoked(self, exchange: Exchange) -> None:
        # The function has the other one, and may change it.
        exchange.event = copy.deepcopy(exchange.event)
        self._tell(exchange)

    def returned(self, exchange: Exchange) -> None:
        self._tell(exchange)

    def answered(self, exchange: Exchange) -> None:
        while (
            len(self._exchanges) > 1 and sum(map(_weight, self._exchanges.values())) > _MOST_BYTES
        ):
            self._exchanges.popitem(last=False)
        self._tell(exchange)

    def _tell(self, exchange: Exchange) -> None:
        if self._streams:
            line = _event("exchange", summary(exchange))
            for stream in self._streams:
                stream.put_nowait(line)

    async def _inspect(self, scope: Scope, path: str, receive: Receive, send: Send) -> None:
        method = scope["method"]
        if path in _FILES and method in ("GET", "HEAD"):
            file, media_type = _FILES[path]
            await _answer(send, 200, media_type, (_PAGE / file).read_bytes())
        elif path == "/stream" and method == "GET":
            await self._stream(receive, send)
        elif path == "/exchanges" and method == "DELETE":
            self._exchanges.clear()
            for stream in self._streams:
                stream.put_nowait(_event("clear", None))
            await _answer(send, 204, _JSON, b"")
        else:
            exchange = self._exchanges.get(path.removeprefix("/exchanges/").partition("/")[0])
            part = path.removeprefix("/exchanges/").partition("/")[2]
            if exchange is not None and method == "POST" and part == "replay":
                await self._replay(exchange, scope, receive, send)
            elif exchange is not None and method == "GET" and part in ("", "event.json"):
                await _show(exchange, part, send)
            else:
                await _answer(send, 404, "text/plain", b"Nothing is here.\n")

    async def _replay(self, past: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        if (b"content-type", _JSON.encode()) not in scope["headers"]:
            # Pages of others may send only what a form can, which is no JSON.
            await _answer(send, 415, "text/plain", b"Expected application/json.\n")
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        try:
            exchange = await replay(self._gateway, past, json.loads(body))
        except ValueError as error:  # of JSON, or of what it says
            await _answer(send, 400, "text/plain", f"{error}\n".encode())
        else:
            await _answer(send, 200, _JSON, as_json(summary(exchange)))

    async def _stream(self, receive: Receive, send: Send) -> None:
        """Server-sent events: all exchanges so far, then each that changes."""
        stream: Queue = asyncio.Queue()
        stream.put_nowait(_event("door", self._door()))
        for exchange in self._exchanges.values():
            stream.put_nowait(_event("exchange", summary(exchange)))
        self._streams.add(stream)
        gone = asyncio.create_task(_disconnect(receive, stream))
        try:
            headers = [(b"content-type", b"text/event-stream"), *_ALWAYS]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            while (line := await _next(stream)) is not None:
                await send({"type": "http.response.body", "body": line, "more_body": True})
            await send({"type": "http.response.body"})
        finally:
            self._streams.discard(stream)
            gone.cancel()

    def _door(self) -> dict[str, Any]:
        door, handler = self._gateway.door, self._gateway.function.handler
        return {
            "source": door.source,
            "prefix": door.prefix,
            "sources": list(BUILDERS),
            "tapped": handler_in(handler) is not None,
        }


def _weight(exchange: Exchange) -> int:
    """Bytes of both bodies, each of which is in the event or the response a second time.

    Of a streamed one the messages have most.
    """
    answer = exchange.answer
    return 2 * (len(exchange.request.body) + (len(answer.body) if answer else 0)) + exchange.noted


def _is_local(scope: Scope) -> bool:
    """Whether the client is this machine, and calls it by a name that can be nobody else's."""
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1 or not _LOOPBACK.fullmatch(hosts[0].lower()):
        return False
    try:
        return ipaddress.ip_address(scope["client"][0]).is_loopback
    except (KeyError, TypeError, ValueError):  # a server that does not tell, or no network at all
        return False


async def _next(stream: Queue) -> bytes | None:
    """The next line of a stream; a comment after a while without one; None at its end."""
    try:
        return await asyncio.wait_for(stream.get(), _HEARTBEAT)
    except TimeoutError:
        return b": still here\n\n"


async def _disconnect(receive: Receive, stream: Queue) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.put_nowait(None)


def _event(name: str, value: Any) -> bytes:
    """A server-sent event, whose data is one line of JSON."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), as_json(value))


async def _show(exchange: Exchange, part: str, send: Send) -> None:
    """An exchange, or the file of its event."""
    if part:
        event = json.dumps(exchange.event, indent=2).encode()
        saved = f'attachment; filename="event-{exchange.id}.json"'.encode()
        await _answer(send, 200, _JSON, event, (b"content-disposition", saved))
    else:
        await _answer(send, 200, _JSON, as_json(detail(exchange)))


async def _answer(
    send: Send, status: int, media_type: str, body: bytes, *fields: tuple[bytes, bytes]
) -> None:
    length = (b"content-length", str(len(body)).encode())
    headers = [(b"content-type", media_type.encode()), length, *fields, *_ALWAYS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
