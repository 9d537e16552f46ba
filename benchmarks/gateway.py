"""The gateway: what it adds to a call of the handler, and how long `serve` takes to start."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda import adapt
from asgi_lambda.local import Gateway
from asgi_lambda.local.inspector import Inspector
from asgi_lambda.local.report import Report
from asgi_lambda.local.request import Request
from benchmarks.applications import GREETING, hello_with_lifespan
from benchmarks.context import Context
from benchmarks.measure import ASGI_LAMBDA, FLOOR

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from benchmarks.measure import Block

HANDLER: Final = "handler"
UVICORN: Final = "uvicorn"
CHECKOUT: Final = Path(__file__).parents[1]
# What either server writes once it listens, and nothing before.
_LISTENS: Final = (b"Serving ", b"Uvicorn running on ")
_HEADERS: Final = [
    (b"host", b"127.0.0.1:8000"),
    (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    (b"accept", b"application/json"),
    (b"accept-encoding", b"gzip, deflate, br"),
    (b"accept-language", b"en-GB,en;q=0.5"),
    (b"content-type", b"application/json"),
    (b"content-length", b"17"),
    (b"connection", b"keep-alive"),
]
_BODY: Final = b'{"name": "apple"}'

# One call of a contender on a loop that runs; returns the body of the answer.
Call = Callable[[], "Coroutine[Any, Any, bytes]"]


@contextmanager
def gateway_blocks(calls: int) -> Iterator[Mapping[str, Block]]:
    """A request through what `serve` serves, the handler with an event, and the application."""
    handler = adapt(hello_with_lifespan)
    gateway = Gateway(handler, "rest-api", observers=[Report(lambda line: None)])
    served = Inspector(gateway)
    with asyncio.Runner() as runner:
        lifespan = handler.lifespan()
        runner.run(lifespan.__aenter__())
        event = gateway.door.event(Request("POST", "/items", _texts(_HEADERS), _BODY))
        contenders: dict[str, Call] = {
            FLOOR: lambda: _ask(hello_with_lifespan, {}),
            HANDLER: lambda: _invoke(handler, event),
            ASGI_LAMBDA: lambda: _ask(served, {}),
        }
        for name, call in contenders.items():
            if (found := runner.run(call())) != GREETING:
                raise RuntimeError(f"expected the application's answer of {name}, got {found!r}")

        def block(call: Call) -> Block:
            async def repeat() -> float:
                began = perf_counter()
                for _ in range(calls):
                    await call()
                return (perf_counter() - began) / calls

            return lambda: runner.run(repeat())

        yield {name: block(call) for name, call in contenders.items()}
        runner.run(lifespan.__aexit__(None, None, None))


async def _invoke(handler: Any, event: Any) -> bytes:
    response = await handler.invoke({**event}, Context(request_id="1"))
    body: bytes = response["body"].encode()
    return body


async def _ask(application: Any, state: dict[str, Any]) -> bytes:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/prod/items",
        "raw_path": b"/prod/items",
        "query_string": b"",
        "root_path": "",
        "headers": list(_HEADERS),
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
        "state": state,
    }
    body = b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": _BODY, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal body
        body += message.get("body", b"")

    await application(scope, receive, send)
    return body


def _texts(headers: list[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode(), value.decode()) for name, value in headers]


@contextmanager
def start_blocks(target: str) -> Iterator[Mapping[str, Block]]:
    """A server until it listens, each in a new process; the floor only imports the application.

    target: `module:attribute` of the application, from the checkout.
    """
    module = target.partition(":")[0]
    python = [sys.executable, "-W", "ignore"]
    serve = ["-m", "asgi_lambda", "serve", target, "--port", "0"]
    peer = ["-m", "uvicorn", target, "--port", "0", "--loop", "asyncio"]
    # The line goes to stderr as those of the servers do.
    floor = ["-c", f"import sys, {module}; sys.stderr.write('Serving nothing\\n')"]
    commands = {FLOOR: floor, UVICORN: peer, ASGI_LAMBDA: serve}

    def block(command: list[str]) -> Block:
        return lambda: _seconds_until_it_listens([*python, *command])

    for command in commands.values():  # .pyc files are written, and pages are read
        _seconds_until_it_listens([*python, *command])
    yield {name: block(command) for name, command in commands.items()}


def _seconds_until_it_listens(command: list[str]) -> float:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    began = perf_counter()
    with subprocess.Popen(
        command, cwd=CHECKOUT, env=environment, stderr=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if any(each in line for each in _LISTENS):
                seconds = perf_counter() - began
                process.kill()
                process.stderr.read()
                return seconds
        raise RuntimeError(f"expected {command} to serve, got its end")
