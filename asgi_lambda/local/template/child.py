"""A function of a template in a process of its own: what `serve` does, behind all its doors.

The parent starts it with what to serve on stdin, which stays open for as long as it should live. It
answers at a Unix socket that nobody but the parent reaches, and says by a pipe that it is ready, or
why it cannot be.
"""

from __future__ import annotations

import argparse
import json
import os
import site
import sys
import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict

from asgi_lambda.local.gateway import Gateway
from asgi_lambda.local.inspector import Inspector
from asgi_lambda.local.log import logging_to_stderr
from asgi_lambda.local.report import Report
from asgi_lambda.local.serve import Server, configure
from asgi_lambda.local.tap import noting_log
from asgi_lambda.local.target import load
from asgi_lambda.local.template.door import RoutedDoor
from asgi_lambda.local.template.doors import DoorSetup
from asgi_lambda.local.template.routes import Route
from asgi_lambda.local.template.stack import FunctionSetup

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Receive, Scope, Send
    from asgi_lambda.local.front_door import FrontDoor, Settings

# The header in which the parent passes on what it knows of a connection; clients cannot send it.
PASSED: Final = b"x-asgi-lambda-passed"


class Task(TypedDict):
    """What a process serves.

    doors: to its function. claims, authorizer: of every caller. socket: where to listen.
    """

    function: FunctionSetup
    doors: list[DoorSetup]
    claims: dict[str, Any] | None
    authorizer: dict[str, Any] | None
    socket: str


class Passed(TypedDict):
    """What the parent knows of a request: `(host, port)` of both ends, and the door it came by.

    door: as `name_of` tells it, None for the inspector.
    """

    client: tuple[str, int] | None
    server: tuple[str, int] | None
    scheme: str
    door: str | None


def name_of(setup: DoorSetup, route: Route) -> str:
    """What a process calls a door: there is one for each payload format and invoke mode."""
    return f"{setup.name} {setup.stage} {route.source} {route.invoke_mode}"


class FunctionGateway(Gateway):
    """A gateway whose other front doors are those of the template, as far as it has them."""

    siblings: list[Gateway]

    def door_of(self, source: str) -> FrontDoor:
        """As a gateway's."""
        for gateway in self.siblings:
            if gateway.door.source == source:
                return gateway.door
        return super().door_of(source)


class FunctionApplication:
    """The doors of a function and its inspector, as one ASGI application.

    ready: told None once the application has started up, or why it could not.
    """

    def __init__(self, task: Task, handler: Any, report: Report, ready: Ready) -> None:
        self._ready = ready
        claims: Settings = {"claims": task["claims"], "authorizer": task["authorizer"]}
        self._gateways: dict[str, FunctionGateway] = {}
        for setup in task["doors"]:
            for route in setup.routes:
                name = name_of(setup, route)
                if name not in self._gateways:
                    gateway = FunctionGateway(handler, route.source, **_timeout(task))
                    gateway.door = RoutedDoor(setup, route, claims)
                    self._gateways[name] = gateway
        first, *others = siblings = list(self._gateways.values())
        for gateway in siblings:
            gateway.siblings = list(siblings)
        first.observers.append(report)
        self.inspector = Inspector(first)
        # One function, and one list of what came to it, whichever door that was.
        for gateway in others:
            gateway.function, gateway.observers = first.function, first.observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what the parent passes on."""
        if scope["type"] == "lifespan":
            await self.inspector(scope, receive, self._telling(send))
            return
        passed, headers = _passed(scope)
        scope = {**scope, "headers": headers}
        scope.update({key: passed[key] for key in ("client", "server", "scheme")})
        if passed["door"] is None:
            await self.inspector(scope, receive, send)
        else:
            await self._gateways[passed["door"]](scope, receive, send)

    def _telling(self, send: Send) -> Send:
        async def tell(message: Any) -> None:
            if message["type"] == "lifespan.startup.failed":
                self._ready(message["message"])
            await send(message)

        return tell


def _timeout(task: Task) -> Settings:
    return {"timeout": task["function"].timeout}


def _passed(scope: Scope) -> tuple[Any, list[tuple[bytes, bytes]]]:
    """What the parent says, and the headers that the client sent."""
    headers = list(scope["headers"])
    [said] = [value for name, value in headers if name == PASSED]
    return json.loads(said), [pair for pair in headers if pair[0] != PASSED]


class Ready:
    """Tells the parent, once, by the descriptor of a pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def __call__(self, problem: str | None) -> None:
        """problem: why it cannot be, None where it is ready."""
        if self._descriptor is not None:
            os.write(self._descriptor, json.dumps(problem).encode() + b"\n")
            os.close(self._descriptor)
            self._descriptor = None


def main(descriptor: int) -> None:
    """Serve until stdin ends; descriptor: of the pipe to the parent."""
    ready = Ready(descriptor)
    task = read_task(sys.stdin.buffer.readline())
    orders = _take_stdin()
    with logging_to_stderr():
        run(task, ready, orders)


def read_task(line: bytes) -> Task:
    """What the parent wrote as JSON, which knows no tuples with names."""
    task: Any = json.loads(line)
    task["function"] = FunctionSetup(*task["function"])
    task["doors"] = [
        DoorSetup(name, stage, [Route(*route) for route in routes], *others)
        for name, stage, routes, *others in task["doors"]
    ]
    found: Task = task
    return found


def run(task: Task, ready: Ready, orders: int) -> None:
    """Serve until there is nothing more to read from the descriptor `orders`."""
    function = task["function"]

    def note(line: str) -> None:
        print(f"{function.name}: {line}", file=sys.stderr, flush=True)

    note("INIT_START")
    began = time.perf_counter()
    find_modules(function)
    try:
        handler = load(function.handler.replace("/", "."))
    except Exception as error:
        traceback.print_exc()
        ready(f"{type(error).__name__}: {error}")
        return
    report = Report(note, time.perf_counter() - began)
    application = FunctionApplication(task, handler, report, ready)
    config = configure(application, argparse.Namespace(host="", port=0, reload=False))
    config.uds, config.date_header = task["socket"], False
    server = Server(config, lambda _: ready(None), application.inspector.close)
    threading.Thread(target=_obey, args=(orders, server), daemon=True).start()
    with noting_log(), suppress(KeyboardInterrupt):
        server.run()


def find_modules(function: FunctionSetup) -> None:
    """Let imports look into the function's own folder first, then its layers, then here."""
    version = "python{}.{}".format(*sys.version_info)
    installed = Path(function.folder, ".venv", "lib", version, "site-packages")
    before = list(sys.path)
    if installed.is_dir():
        site.addsitedir(str(installed))
    added = [path for path in sys.path if path not in before]
    kept = [path for path in before if path not in ("", function.folder)]
    sys.path[:] = [function.folder, *function.layers, *added, *kept]


def _take_stdin() -> int:
    """A descriptor of what comes from the parent; the function's own stdin is empty."""
    orders = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return orders


def _obey(orders: int, server: Server) -> None:
    while os.read(orders, 1024):
        pass
    server.should_exit = True
