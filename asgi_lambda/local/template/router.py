"""All functions of a stack at one port, as an ASGI application: the parent of their processes.

The first part of the host's name says which door, or whose inspector, is meant: every front door
has a name of its own, as it has on AWS, so that what applications make of their addresses is right.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING, Any, Final

import h11

from asgi_lambda.local.inspector import PATH
from asgi_lambda.local.refusal import Refused
from asgi_lambda.local.request import Request
from asgi_lambda.local.template.child import name_of
from asgi_lambda.local.template.door import RoutedDoor
from asgi_lambda.local.template.forward import ProcessGone, forward
from asgi_lambda.local.template.index import index
from asgi_lambda.local.template.names import label
from asgi_lambda.local.template.process import NotStarted, Process

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_lambda.asgi_types import Receive, Scope, Send
    from asgi_lambda.local.answer import Answer
    from asgi_lambda.local.template.child import Passed
    from asgi_lambda.local.template.doors import DoorSetup
    from asgi_lambda.local.template.stack import Stack

logger = logging.getLogger("asgi_lambda")

_PLAIN: Final = "text/plain; charset=utf-8"
_NAME: Final = re.compile(r"(?P<label>[^.:]+)\.")


class Router:
    """A stack and the processes of its functions, by logical id."""

    def __init__(self, stack: Stack, processes: Mapping[str, Process]) -> None:
        self._stack = stack
        self._processes = processes
        # The doors by what is written in front of the host's name: several stages share one.
        self._doors: dict[str, list[tuple[DoorSetup, RoutedDoor]]] = {}
        for setup in stack.doors:
            door = RoutedDoor(setup, setup.routes[0], {})
            self._doors.setdefault(label(setup.name), []).append((setup, door))
        for entries in self._doors.values():
            # A stage is a prefix, but for the default one, which takes what is left.
            entries.sort(key=lambda each: -len(each[1].prefix))
        self._inspectors = {label(name): name for name in processes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a lifespan or a request; a WebSocket is refused."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close"})
        else:
            await self._serve(scope, receive, send)

    def close(self) -> None:
        """Ask all processes to end, which ends what they are answering with."""
        for process in self._processes.values():
            process.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.gather(*[process.ended() for process in self._processes.values()])
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = _label_of(scope)
        if name in self._inspectors:
            function = self._inspectors[name]
            if f"{scope['path']}/".startswith(f"{PATH}/"):
                await self._pass_on(function, None, scope, receive, send)
            else:
                await _redirect(send, PATH)
        elif name in self._doors:
            await self._through(name, scope, receive, send)
        elif scope["path"] == "/":
            page = index(self._stack, _authority(scope))
            await _send(send, 200, "text/html; charset=utf-8", page)
        else:
            await _redirect(send, "/")

    async def _through(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the function of the route answer, or the front door where there is none."""
        entries = self._doors[name]
        path = (scope.get("raw_path") or scope["path"].encode()).decode("utf-8", "replace")
        request = Request(scope["method"], path)
        setup, door = next((e for e in entries if _is_below(request.path, e[1])), entries[0])
        try:
            match = door.find(request.method, door.behind_prefix(request.path))
        except Refused as refused:
            answer = door.refuse(refused.cause)
            logger.warning("The front door answers %d: %s", answer.status, refused)
            await _answer(send, answer)
            return
        called = name_of(setup, match.route)
        await self._pass_on(match.route.function, called, scope, receive, send)

    async def _pass_on(
        self, function: str, door: str | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        passed: Passed = {
            "client": scope.get("client"),
            "server": scope.get("server"),
            "scheme": scope.get("scheme", "http"),
            "door": door,
        }
        process = self._processes[function]
        try:
            socket = await process.socket()
        except NotStarted as error:
            await _send(send, 502, _PLAIN, f"{function} could not start: {error}\n")
            return
        try:
            await forward(socket, passed, scope, receive, send)
        except ProcessGone as error:
            logger.error("%s is gone: %s", function, error)
            # For the next request to start it again, and not to find what is left of it.
            await process.gone(socket)
            await _send(send, 502, _PLAIN, f"{function} is gone: {error}\n")
        except h11.LocalProtocolError as error:
            await _send(send, 400, _PLAIN, f"Expected a request that can be passed on: {error}\n")


def _label_of(scope: Scope) -> str:
    match = _NAME.match(_authority(scope))
    return match["label"].lower() if match else ""


def _authority(scope: Scope) -> str:
    """The host that the client asked, and its port."""
    values: list[bytes] = [value for name, value in scope["headers"] if name == b"host"]
    return values[0].decode("latin-1") if len(values) == 1 else ""


def _is_below(path: str, door: RoutedDoor) -> bool:
    return f"{path}/".startswith(f"{door.prefix}/")


async def _redirect(send: Send, path: str) -> None:
    await _send(send, 307, _PLAIN, f"{path}\n", (b"location", path.encode()))


async def _answer(send: Send, answer: Answer) -> None:
    headers = [(name.encode(), value.encode()) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _send(
    send: Send, status: int, media_type: str, text: str, *fields: tuple[bytes, bytes]
) -> None:
    body = text.encode()
    length = (b"content-length", str(len(body)).encode())
    headers: list[Any] = [(b"content-type", media_type.encode()), length, *fields]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
