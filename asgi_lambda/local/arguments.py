"""What the command line takes to describe a request, a front door, or an event."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda import __version__
from asgi_lambda.errors import ConfigurationError
from asgi_lambda.local.authorizer import Authorizer
from asgi_lambda.local.events import BUILDERS, WEBSOCKET, build
from asgi_lambda.local.front_door import MODES
from asgi_lambda.local.request import Deployment, Request
from asgi_lambda.runtime.settings import INVOKE_MODE

if TYPE_CHECKING:
    import argparse

    from asgi_lambda.local.environments import Chaos
    from asgi_lambda.local.front_door import Settings

    Arguments = argparse.Namespace


_REQUEST: Final = (
    "path",
    "request",
    "header",
    "data",
    "source",
    "stage",
    "base_path",
    "claims",
    "authorizer",
)


def add_request(parser: argparse.ArgumentParser) -> None:
    """Let a command take a request, and the front door it goes through."""
    add = parser.add_argument
    add("path", nargs="?", metavar="PATH", help="path and query, behind stage and base path (/)")
    add("-X", "--request", metavar="METHOD", help="GET, or POST with -d")
    add("-H", "--header", action="append", metavar="'NAME: VALUE'", help="may be repeated")
    add("-d", "--data", metavar="DATA|@FILE|@-", help="the body")
    add_front_door(parser)


def add_front_door(parser: argparse.ArgumentParser, *others: str) -> None:
    """Let a command take a front door, one for HTTP or one of the others, and how it is set up."""
    add = parser.add_argument
    add("--source", choices=(*BUILDERS, *others), help="the front door (http-api)")
    add("--stage", metavar="S", help="the API's stage")
    add("--base-path", metavar="P", help="the base path of a custom domain")
    add("--binary-type", action="append", metavar="TYPE", help="a REST API's binaryMediaTypes")
    add("--claims", metavar="JSON|@FILE", help="of a token that the API's authorizer checked")
    add("--authorizer", metavar="JSON|@FILE", help="what a Lambda authorizer returned")


def add_server(parser: argparse.ArgumentParser) -> None:
    """Let a command take a target, and how to serve it."""
    add = parser.add_argument
    add("target", nargs="?", metavar="TARGET", help="module:attribute of a handler or app")
    add("--template", metavar="FILE", help="serve all functions of a SAM template instead")
    add("--parameter-overrides", nargs="+", metavar="NAME=VALUE", help="of the template")
    add("--host", default="127.0.0.1", help="the address to listen at (127.0.0.1)")
    add("--port", type=int, default=8000, help="0 for any that is free (8000)")
    add_front_door(parser, WEBSOCKET)
    add("--route", action="append", metavar="KEY", help="of a WebSocket API, beside $default")
    add("--route-selection", metavar="EXPRESSION", help="how messages name it")
    add("--invoke-mode", choices=MODES, help="of a Function URL, or whether a REST API streams")
    add("--timeout", type=float, default=30.0, metavar="S", help="seconds for an invocation (30)")
    add("--concurrency", type=int, metavar="N", help="execution environments that take turns")
    add("--cold-start", action="store_true", help="every invocation in a new environment")
    add("--freeze", action="store_true", help="environments stand still between invocations")
    add("--throttle", type=float, metavar="RATE", help="invocations per second that Lambda takes")
    add("--env-file", metavar="FILE", help="NAME=value lines, set where they are not yet")
    add("--reload", action="store_true", help="start anew when a Python file changes")


def settings_of(arguments: Arguments) -> Settings:
    """How front door and function are set up. Raises ConfigurationError."""
    return {
        "stage": arguments.stage,
        "base_path": arguments.base_path,
        "binary_media_types": arguments.binary_type or (),
        "timeout": arguments.timeout,
        "invoke_mode": arguments.invoke_mode,
        "throttle": arguments.throttle,
        "claims": mapping_of(arguments, "claims"),
        "authorizer": mapping_of(arguments, "authorizer"),
        "routes": arguments.route or (),
        "route_selection_expression": arguments.route_selection,
    }


def chaos_of(arguments: Arguments) -> Chaos | None:
    """How execution environments come and go, None where the function runs in this process."""
    many = arguments.concurrency is not None
    if not (many or arguments.cold_start or arguments.freeze):
        return None
    chaos: Chaos = {
        "timeout": arguments.timeout,
        "spread": many,
        "cold_start": arguments.cold_start,
        "freeze": arguments.freeze,
        "variables": {INVOKE_MODE: arguments.invoke_mode or "BUFFERED"},
    }
    return {**chaos, "concurrency": arguments.concurrency} if many else chaos


def source_of(arguments: Arguments) -> str:
    """The front door that the arguments name, or the usual one."""
    return arguments.source or next(iter(BUILDERS))


def mapping_of(arguments: Arguments, name: str) -> dict[str, Any] | None:
    """The object that an argument has as JSON. Raises ConfigurationError."""
    text: str | None = getattr(arguments, name)
    if text is None:
        return None
    value = read_json(text[1:]) if text.startswith("@") else _json(f"--{name}", text)
    if not isinstance(value, dict):
        raise ConfigurationError(f"--{name}: expected a JSON object, got {type(value).__name__}")
    return value


def event_of(arguments: Arguments) -> dict[str, Any]:
    """The event of the request that the arguments describe. Raises ConfigurationError."""
    path = "/" if arguments.path is None else arguments.path
    if not path.startswith(("/", "?")):
        raise ConfigurationError(f"PATH: expected one as '/items?limit=1', got {path!r}")
    headers = [_header(text) for text in arguments.header or ()]
    body, method = b"", "GET"
    defaults = [("user-agent", f"asgi-lambda/{__version__}"), ("accept", "*/*")]
    if arguments.data is not None:
        body, method = _data(arguments.data), "POST"
        defaults += [
            ("content-type", "application/x-www-form-urlencoded"),
            ("content-length", str(len(body))),
        ]
    named = {name.lower() for name, _ in headers}
    headers += [field for field in defaults if field[0] not in named]
    request = Request(arguments.request or method, path, headers, body)
    deployment = Deployment(arguments.stage, arguments.base_path or "", arguments.binary_type or ())
    source = source_of(arguments)
    authorizer = Authorizer(
        source, mapping_of(arguments, "claims"), mapping_of(arguments, "authorizer")
    )
    return authorizer.sign(build(source, request, deployment))


def given_event(arguments: Arguments) -> Any:
    """The event of a file. Raises ConfigurationError."""
    if others := [name for name in _REQUEST if getattr(arguments, name) is not None]:
        raise ConfigurationError(
            f"--event: expected no description of a request beside it, got {', '.join(others)}"
        )
    return read_json(arguments.event)


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise ConfigurationError(f"-H: expected 'name: value', got {text!r}")
    return name.strip(), value.strip()


def _data(text: str) -> bytes:
    return _read(text[1:]) if text.startswith("@") else os.fsencode(text)


def _read(name: str) -> bytes:
    """A file, or stdin for `-`. Raises ConfigurationError."""
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{name}: expected a file to read, got {error.strerror}") from None


def read_json(name: str) -> Any:
    """What a file has, or stdin for `-`. Raises ConfigurationError."""
    return _json(name, _read(name))


def _json(name: str, text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"{name}: expected JSON, got other text: {error}") from None
