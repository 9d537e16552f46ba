"""A Runtime API that costs little: one thread, which serves only while somebody measures.

It speaks the documented protocol to clients that are trusted, and tells when what arrived.
Source: the Lambda guide, "Using the Lambda runtime API for custom runtimes" and "Lambda Extensions
API".
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final, Self

from benchmarks.runtime.requests import Request, RequestParser

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds after which a client that says nothing has failed.
PATIENCE: Final = 60.0
_DEADLINE: Final = 300.0
_PIECE: Final = 256 * 1024
_TAKEN: Final = b'HTTP/1.1 202 Accepted\r\nContent-Length: 16\r\n\r\n{"status":"OK"}\n'
_REGISTERED: Final = (
    b"HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: extension\r\nContent-Length: 2\r\n\r\n{}"
)
_GO_ON: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection:
    """One of a client's connections."""

    def __init__(self, link: socket.socket) -> None:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.link = link
        self.parser = RequestParser()


class RuntimeAPI:
    """The server, a context manager.

    alive: raises where the client has ended, so that nobody waits for it in vain.
    """

    def __init__(self) -> None:
        self.alive: Callable[[], None] = lambda: None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._waiting: deque[Connection] = deque()
        self._answers: deque[Request] = deque()
        self._number = 0
        self._connections: list[Connection] = []

    @property
    def address(self) -> str:
        """What Lambda calls AWS_LAMBDA_RUNTIME_API."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def wait_for_poller(self) -> None:
        """Return as soon as somebody asks for an event."""
        self._serve_until(lambda: bool(self._waiting))

    def turn(self, event: bytes) -> Request:
        """Hand an event to a poller; its answer, once the poller asks for the next event."""
        self.hand_out(event)
        answer = self.answer()
        self.wait_for_poller()
        return answer

    def hand_out(self, event: bytes) -> None:
        """Hand an event to a poller, which must be waiting."""
        self._number += 1
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            f"Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-{self._number:012x}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {int((time.time() + _DEADLINE) * 1000)}\r\n"
            "Lambda-Runtime-Invoked-Function-Arn: "
            "arn:aws:lambda:us-east-1:123456789012:function:benchmark\r\n"
            f"Lambda-Runtime-Trace-Id: Root=1-5bef4de7-{self._number:024x};Sampled=0\r\n"
            f"Content-Length: {len(event)}\r\n\r\n"
        )
        self._waiting.popleft().link.sendall(head.encode() + event)

    def answer(self) -> Request:
        """A whole answer to an event."""
        self._serve_until(lambda: bool(self._answers))
        return self._answers.popleft()

    def _serve_until(self, there: Callable[[], bool]) -> None:
        give_up = time.monotonic() + PATIENCE
        while not there():
            ready = self._selector.select(1.0)
            if not ready:
                self.alive()
                if time.monotonic() > give_up:
                    raise TimeoutError("the runtime client says nothing")
            for key, _ in ready:
                if key.data is None:
                    self._accept()
                else:
                    self._read(key.data)

    def _accept(self) -> None:
        connection = Connection(self._listener.accept()[0])
        self._connections.append(connection)
        self._selector.register(connection.link, selectors.EVENT_READ, connection)

    def _read(self, connection: Connection) -> None:
        try:
            data = connection.link.recv(_PIECE)
        except ConnectionResetError:
            data = b""
        if not data:
            self._drop(connection)
            return
        for request in connection.parser.feed(data):
            if request.whole_at:
                self._answer(connection, request)
            else:  # only announced: libcurl asks whether it may send a large body
                connection.link.sendall(_GO_ON)

    def _answer(self, connection: Connection, request: Request) -> None:
        end = request.path.rpartition("/")[2]
        if request.path == "/2018-06-01/runtime/invocation/next":
            self._waiting.append(connection)
        elif request.path == "/2020-01-01/extension/register":
            connection.link.sendall(_REGISTERED)
        elif end == "response":
            connection.link.sendall(_TAKEN)
            self._answers.append(request)
        elif request.path != "/2020-01-01/extension/event/next":  # which waits for ever
            raise RuntimeError(f"expected a response, got {request.path}: {request.body!r}")

    def _drop(self, connection: Connection) -> None:
        self._selector.unregister(connection.link)
        connection.link.close()
        self._connections.remove(connection)
        if connection in self._waiting:
            self._waiting.remove(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        for connection in self._connections:
            connection.link.close()
        self._selector.close()
        self._listener.close()
