"""A Runtime API of our own, for what AWS's emulator does not speak: the restore of a snapshot.

Source: the Lambda guide, "Using the Lambda runtime API for custom runtimes" and "Runtime hooks for
Lambda SnapStart"; AWS's Python runtime client, which is what calls it here.
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Any, Final, NamedTuple, Self

from tests.emulator.program import PATIENCE

_RUNTIME: Final = "/2018-06-01/runtime"
RESTORE: Final = f"GET {_RUNTIME}/restore/next"
RESTORE_ERROR: Final = f"POST {_RUNTIME}/restore/error"
NEXT: Final = f"GET {_RUNTIME}/invocation/next"


class Call(NamedTuple):
    """What the runtime client asked for, when (ns, the clock of all), and the JSON it sent."""

    what: str
    at: int
    content: Any
    error_type: str | None


class RuntimeAPI:
    """The server; a context manager, to be left when no client is alive any more."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._more = threading.Condition()
        # What the two requests that wait get: False and None send them away without an answer.
        self._restores: SimpleQueue[bool] = SimpleQueue()
        self._events: SimpleQueue[tuple[str, Any] | None] = SimpleQueue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01])
        self._thread.start()

    @property
    def address(self) -> str:
        """What Lambda calls AWS_LAMBDA_RUNTIME_API."""
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def calls(self) -> list[str]:
        """What was asked for until now."""
        with self._more:
            return [call.what for call in self._calls]

    def wait_for(self, *any_of: str) -> Call:
        """The first call of one of these kinds, as soon as it is made."""

        def found() -> list[Call]:
            return [call for call in self._calls if call.what in any_of]

        with self._more:
            assert self._more.wait_for(found, PATIENCE), f"not {any_of}, but {self._calls}"
            return found()[0]

    def restore(self) -> int:
        """Let the runtime go on after its snapshot; returns when (ns, the clock of all)."""
        at = time.monotonic_ns()
        self._restores.put(True)
        return at

    def invoke(self, identifier: str, event: Any) -> Call:
        """Hand an event out and wait for the answer, or the error."""
        self._events.put((identifier, event))
        invocation = f"POST {_RUNTIME}/invocation/{identifier}"
        return self.wait_for(f"{invocation}/response", f"{invocation}/error")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self._restores.put(False)
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _record(self, call: Call) -> None:
        with self._more:
            self._calls.append(call)
            self._more.notify_all()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                what = f"GET {self.path}"
                api._record(Call(what, time.monotonic_ns(), None, None))
                if what == RESTORE:
                    if api._restores.get():
                        self._answer(200, b"")
                elif what == NEXT:
                    given = api._events.get()
                    if given is not None:
                        identifier, event = given
                        self._answer(200, json.dumps(event).encode(), identifier)
                else:
                    self._answer(404, b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                error_type = self.headers.get("Lambda-Runtime-Function-Error-Type")
                at = time.monotonic_ns()
                self._answer(202, b"")
                api._record(Call(f"POST {self.path}", at, json.loads(body), error_type))

            def _answer(self, status: int, body: bytes, identifier: str | None = None) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                if identifier is not None:
                    deadline = int((time.time() + PATIENCE) * 1000)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Lambda-Runtime-Aws-Request-Id", identifier)
                    self.send_header("Lambda-Runtime-Deadline-Ms", str(deadline))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
