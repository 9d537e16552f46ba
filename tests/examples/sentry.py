"""Where Sentry's SDK sends its events, as a server of the tests."""

from __future__ import annotations

import gzip
import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

Events = queue.Queue[dict[str, Any]]


@contextmanager
def collecting() -> Iterator[tuple[str, Events]]:
    """The address to send to (a DSN), and the events of errors that arrived there."""
    events: Events = queue.Queue()

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers["content-encoding"] == "gzip":
                body = gzip.decompress(body)
            # An envelope: its header, then for each item a header and a payload, a line each.
            _, *items = body.splitlines()
            for header, payload in zip(items[::2], items[1::2], strict=True):
                if json.loads(header)["type"] == "event":
                    events.put(json.loads(payload))
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://public@127.0.0.1:{server.server_port}/1", events
        server.shutdown()
        thread.join()
