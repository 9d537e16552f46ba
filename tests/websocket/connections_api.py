"""The management API as an HTTP server on loopback, so that the real boto3 speaks to it.

It knows no signatures: what it is asked for it does, and writes down. moto has such an API too, but
one that never refuses anything.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

_ERRORS = {
    400: "BadRequestException",
    403: "ForbiddenException",
    410: "GoneException",
    413: "PayloadTooLargeException",
    429: "LimitExceededException",
}


class Asked(NamedTuple):
    """A request that was granted."""

    method: str
    connection: str
    body: bytes


class ConnectionsAPI:
    """What it was asked, and how it is to answer.

    statuses: those of the next requests for a connection; where none is left, all is well. asked:
    what was granted, by when it came. most: how many requests were under way at once at most.
    opens: where set, requests wait for it.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.refused: list[int] = []
        self.paths: list[str] = []
        self.statuses: defaultdict[str, deque[int]] = defaultdict(deque)
        self.most = 0
        self.opens: threading.Event | None = None
        # Set once so many requests are under way.
        self.full = threading.Event()
        self.fills_at = 0
        self._now = 0
        self._lock = threading.Lock()

    def sent(self, connection: str) -> list[str]:
        with self._lock:
            return [
                each.body.decode()
                for each in self.asked
                if (each.method, each.connection) == ("POST", connection)
            ]

    def answer(self, method: str, path: str, body: bytes) -> int:
        connection = unquote(path.rpartition("/@connections/")[2])
        with self._lock:
            self.paths.append(path)
            self._now += 1
            self.most = max(self.most, self._now)
            if self._now == self.fills_at:
                self.full.set()
        if self.opens is not None:
            assert self.opens.wait(10)
        with self._lock:
            self._now -= 1
            statuses = self.statuses[connection]
            if statuses:
                self.refused.append(statuses[0])
                return statuses.popleft()
            self.asked.append(Asked(method, connection, body))
            return 200


@contextmanager
def serving() -> Iterator[tuple[ConnectionsAPI, str]]:
    """The API and its endpoint, with a stage as API Gateway has it."""
    api = ConnectionsAPI()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status = api.answer(self.command, self.path, body)
            if status == 0:
                # As a connection that ended long ago.
                self.close_connection = True
                return
            self.send_response(status)
            if status in _ERRORS:
                self.send_header("x-amzn-ErrorType", _ERRORS[status])
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_DELETE = do_POST

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield api, f"http://127.0.0.1:{server.server_port}/prod"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
