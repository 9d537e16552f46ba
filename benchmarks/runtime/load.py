"""Clients of the emulator, all in one thread: what they cost must not hide what is measured."""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from typing import Any, Final, NamedTuple, Self

_PATIENCE: Final = 30.0
_PATH: Final = "/2015-03-31/functions/function/invocations"


class Counts(NamedTuple):
    """What clients saw. seconds: how long it went on."""

    answered: int
    refused: int
    seconds: float


class Refused(Exception):
    """The emulator had no poller for an invocation."""


class Clients:
    """So many clients with a connection each; a context manager.

    content: what has to be in every answer.
    """

    def __init__(self, port: int, count: int, content: bytes) -> None:
        self._content = content
        self._links = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
        self._selector = selectors.DefaultSelector()
        self._buffers = dict.fromkeys(self._links, b"")
        for link in self._links:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.settimeout(_PATIENCE)
            self._selector.register(link, selectors.EVENT_READ)

    def invoke(self, event: bytes) -> None:
        """One invocation by one client. Raises Refused."""
        link = self._links[0]
        link.sendall(request(event))
        while (status := self._read(link)) is None:
            pass
        if status != 200:
            raise Refused

    def once(self, event: bytes) -> Counts:
        """One invocation by each client, all at once."""
        return self._run(event, 0, 0)

    def again_and_again(self, event: bytes, seconds: float, pause: float = 0) -> Counts:
        """Invocations by all clients, each one's next as soon as it has its answer.

        pause: seconds until a client that was refused tries again.
        """
        return self._run(event, seconds, pause)

    def _run(self, event: bytes, seconds: float, pause: float) -> Counts:
        sent, answered, refused = request(event), 0, 0
        began = time.monotonic()
        for link in self._links:
            link.sendall(sent)
        waiting = len(self._links)
        # Those that were refused, in the order in which they try again.
        pausing: deque[tuple[float, socket.socket]] = deque()
        while waiting or pausing:
            for status, link in self._statuses(pausing[0][0] if pausing else None):
                answered += status == 200
                refused += status != 200
                waiting -= 1
                now = time.monotonic()
                if now - began >= seconds:
                    continue
                if status != 200 and pause:
                    pausing.append((now + pause, link))
                else:
                    link.sendall(sent)
                    waiting += 1
            while pausing and pausing[0][0] <= time.monotonic():
                pausing.popleft()[1].sendall(sent)
                waiting += 1
        return Counts(answered, refused, time.monotonic() - began)

    def _statuses(self, until: float | None) -> list[tuple[int, socket.socket]]:
        """The responses that have come by then, at least one where it is None."""
        patience = _PATIENCE if until is None else max(until - time.monotonic(), 0)
        ready = self._selector.select(patience)
        if not ready and until is None:
            raise TimeoutError("the emulator does not answer")
        found = []
        for key, _ in ready:
            link: Any = key.fileobj
            if (status := self._read(link)) is not None:
                found.append((status, link))
        return found

    def _read(self, link: socket.socket) -> int | None:
        """The status of a whole response, None before its end."""
        if not (data := link.recv(65_536)):
            raise ConnectionError("the emulator closed a connection")
        data = self._buffers[link] + data
        self._buffers[link] = data
        head, end, body = data.partition(b"\r\n\r\n")
        if not end or not _whole(head.lower(), body):
            return None
        self._buffers[link] = b""
        status = int(head[9:12])
        if status == 400 and b"Runtime.Unavailable" in body:
            return status
        if status != 200 or self._content not in body:
            raise RuntimeError(f"expected the application's answer, got {data[:500]!r}")
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self._selector.close()
        for link in self._links:
            link.close()


def request(event: bytes) -> bytes:
    """The bytes that invoke the function."""
    return (
        f"POST {_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(event)}\r\n\r\n"
    ).encode() + event


def _whole(head: bytes, body: bytes) -> bool:
    if b"transfer-encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    at = head.index(b"content-length:") + 15
    return len(body) >= int(head[at:].split(b"\r\n", 1)[0])
