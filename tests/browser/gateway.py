"""A front door on loopback, for clients that speak HTTP: each request becomes an event."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.frameworks.front_doors import Context, FrontDoor


@contextmanager
def serving(*, handler: Callable[..., Any], door: FrontDoor) -> Iterator[str]:
    """The address of `door` before `handler`, with the prefix and without a slash behind it."""
    # One invocation at a time, as an execution environment has it.
    environment = threading.Lock()

    class Request(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            event = door.event(
                method=self.command, target=self.path, headers=self.headers.items(), body=body
            )
            with environment:
                status, fields, content = door.read(handler(event, Context()))
            self.send_response(status)
            for name, value in fields:
                if name != "content-length":
                    self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, format: str, *arguments: Any) -> None:
            """Write nothing: pytest would show it for no test."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Request) as server:
        thread = threading.Thread(target=server.serve_forever, name="gateway")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{door.prefix}"
        finally:
            server.shutdown()
            thread.join()
