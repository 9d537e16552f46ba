"""A Runtime API for these tests, which tells when what arrived, and can misbehave.

AWS's emulator collects a stream before it hands it on, and answers its caller at the next `/next`,
so it shows neither a first byte nor an early response. This speaks the documented protocol.
Source: the Lambda guide, "Using the Lambda runtime API for custom runtimes", "Lambda Extensions
API" and "Runtime hooks for Lambda SnapStart".
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import defaultdict, deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, Self

from tests.emulator.program import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

RUNTIME: Final = "/2018-06-01/runtime"
NEXT: Final = f"GET {RUNTIME}/invocation/next"
INIT_ERROR: Final = f"POST {RUNTIME}/init/error"
RESTORE: Final = f"GET {RUNTIME}/restore/next"
RESTORE_ERROR: Final = f"POST {RUNTIME}/restore/error"
REGISTER: Final = "POST /2020-01-01/extension/register"
EVENT_NEXT: Final = "GET /2020-01-01/extension/event/next"


# What is called by another name than the end of its path, which two have.
_NAMES: Final = {EVENT_NEXT: "event", RESTORE: "restore"}


class Behaviour(NamedTuple):
    """How a request is answered.

    cut: bytes of the reply after which the connection ends. break_off: bytes of the request's body
    after which it does. go_on: nothing of the body is read before it is set.
    """

    status: int = 202
    body: bytes = b'{"status":"OK"}'
    cut: int | None = None
    break_off: int | None = None
    go_on: threading.Event | None = None


class Received:
    """A request, as far as it has arrived; times are in seconds, of the monotonic clock.

    pieces: the chunks of the body, and when each came. whole_at: when its end came.
    """

    def __init__(self, what: str, headers: dict[str, str], connection: int) -> None:
        self.what = what
        self.headers = headers
        self.connection = connection
        self.at = time.monotonic()
        self.pieces: list[tuple[float, bytes]] = []
        self.trailers: dict[str, str] = {}
        self.whole_at: float | None = None

    @property
    def end(self) -> str:
        return self.what.rpartition("/")[2]

    @property
    def body(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)

    @property
    def content(self) -> Any:
        """The JSON of the body."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"<{self.what} {'whole' if self.whole_at else 'partly'} {self.body[:300]!r}>"


class Double:
    """The server; a context manager."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        # What a request meets, by the end of its path; where nothing is left, all is well.
        self.behaviours: defaultdict[str, deque[Behaviour]] = defaultdict(deque)
        # Whether `/next` is answered in chunks, as Lambda does with large events.
        self.chunked = False
        # Whether a connection takes one request only.
        self.closes = False
        self.restored = threading.Event()
        self._events: deque[tuple[dict[str, str], bytes]] = deque()
        self._more = threading.Condition()
        self._over = False
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    @property
    def connections(self) -> set[int]:
        """Those over which requests came."""
        return {each.connection for each in self.requests}

    @property
    def address(self) -> str:
        """What Lambda calls AWS_LAMBDA_RUNTIME_API."""
        host, port = self._listener.getsockname()
        return f"{host}:{port}"

    def give(self, event: Any, identifier: str = "one", **headers: str) -> None:
        """Have an event wait for whoever asks; more headers by name, with _ for -."""
        fields = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": identifier,
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + PATIENCE) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:1:function:f",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        with self._more:
            self._events.append((fields, body))
            self._more.notify_all()

    def answer(self, identifier: str = "one") -> Received:
        """The whole response or error of an invocation, as soon as it is there."""
        start = f"POST {RUNTIME}/invocation/{identifier}/"
        return self.wait(lambda each: each.what.startswith(start) and each.whole_at is not None)

    def invoke(self, event: Any, identifier: str = "one", **headers: str) -> Received:
        """Hand an event out and wait for its whole response or error."""
        self.give(event, identifier, **headers)
        return self.answer(identifier)

    def wait_for(self, what: str, times: int = 1) -> Received:
        """A request of this kind, as soon as so many have begun."""
        return self.wait(lambda each: each.what == what, times)

    def wait(self, found: Callable[[Received], bool], times: int = 1) -> Received:
        """A request, as soon as there are so many like it."""

        def all_found() -> list[Received]:
            return [each for each in self.requests if found(each)]

        with self._more:
            assert self._more.wait_for(lambda: len(all_found()) >= times, PATIENCE), self.requests
            return all_found()[times - 1]

    def until(self, there: Callable[[], bool]) -> None:
        """Return as soon as more has arrived than was there."""
        with self._more:
            assert self._more.wait_for(there, PATIENCE), self.requests

    def whats(self) -> list[str]:
        with self._more:
            return [each.what for each in self.requests]

    def drop_connections(self) -> None:
        """End all of them; new ones are taken."""
        for each in self._sockets:
            _shut(each)

    def close(self) -> None:
        """Be gone, as when Lambda takes the environment away."""
        with self._more:
            self._over = True
            self._more.notify_all()
        self.restored.set()
        # Else its thread would take some more of those that try again.
        self._threads[0].join(PATIENCE)
        self._listener.close()
        self.drop_connections()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._over:
            # A listener that is closed does not wake the thread that accepts.
            _, port = self._listener.getsockname()
            self._over = True
            socket.create_connection(("127.0.0.1", port)).close()
            self.close()
        for each in self._threads:
            each.join(PATIENCE)
            assert not each.is_alive()

    def _listen(self) -> None:
        self._listener.settimeout(0.05)
        while not self._over:
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            client.settimeout(None)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.append(client)
            thread = threading.Thread(target=self._serve, args=[client, len(self._sockets)])
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket, number: int) -> None:
        with client, client.makefile("rb") as source:
            try:
                while (received := self._read_head(source, number)) is not None:
                    behaviours = self.behaviours[_NAMES.get(received.what) or received.end]
                    behaviour = behaviours.popleft() if behaviours else Behaviour()
                    if not self._read_body(source, received, behaviour):
                        break
                    reply = self._reply(received, behaviour)
                    client.sendall(reply[: behaviour.cut])
                    if (
                        self.closes
                        or behaviour.cut is not None
                        or received.headers.get("connection") == "close"
                    ):
                        break
            except OSError:  # either side has had enough
                pass
            _shut(client)

    def _read_head(self, source: BinaryIO, number: int) -> Received | None:
        start = source.readline().decode()
        if not start:
            return None
        method, path, _ = start.split(" ")
        received = Received(f"{method} {path}", _fields(source), number)
        with self._more:
            self.requests.append(received)
            self._more.notify_all()
        return received

    def _read_body(self, source: BinaryIO, received: Received, behaviour: Behaviour) -> bool:
        """Whether the body came to its end."""
        if behaviour.go_on is not None:
            behaviour.go_on.wait(PATIENCE)
        chunked = received.headers.get("transfer-encoding") == "chunked"
        left = int(received.headers.get("content-length", 0))
        while chunked or left:
            size = int(source.readline() or b"-1", 16) if chunked else left
            if size < 0:
                return False
            if size:
                piece = source.read(size)
                with self._more:
                    received.pieces.append((time.monotonic(), piece))
                    self._more.notify_all()
            if len(piece if size else b"") < size:
                return False
            if behaviour.break_off is not None and len(received.body) >= behaviour.break_off:
                return False
            left = 0
            if chunked and size:
                source.readline()
            elif chunked:
                received.trailers = _fields(source)
                break
        with self._more:
            received.whole_at = time.monotonic()
            self._more.notify_all()
        return True

    def _reply(self, received: Received, behaviour: Behaviour) -> bytes:
        status, body = behaviour.status, behaviour.body
        fields: dict[str, str] = {}
        if received.what == NEXT and status == 202:
            status = 200
            fields, body = self._next()
        elif received.what == REGISTER and status == 202:
            status, fields = 200, {"Lambda-Extension-Identifier": "the-extension"}
        elif received.what == EVENT_NEXT:
            self._wait_for_the_end()
        elif received.what == RESTORE and status == 202:
            status = 200
            self.restored.wait(PATIENCE)
        lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in fields.items())]
        if self.closes:
            lines.append("Connection: close")
        if self.chunked:
            lines.append("Transfer-Encoding: chunked")
            half = len(body) // 2 + 1
            parts = [part for part in (body[:half], body[half:]) if part]
            body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
        else:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _next(self) -> tuple[dict[str, str], bytes]:
        with self._more:
            self._more.wait_for(lambda: self._events or self._over)
            if self._over:
                raise OSError("over")
            return self._events.popleft()

    def _wait_for_the_end(self) -> None:
        with self._more:
            self._more.wait_for(lambda: self._over)
        raise OSError("over")


def _fields(source: BinaryIO) -> dict[str, str]:
    fields = {}
    while line := source.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        fields[name.lower()] = value.strip()
    return fields


def _shut(client: socket.socket) -> None:
    with suppress(OSError):  # it may be already
        client.shutdown(socket.SHUT_RDWR)
