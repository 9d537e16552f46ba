"""The command line: invoke or serve a handler at home, print an event, explain one.

Standard library only, but for serving. stdout carries the result alone; logs, tracebacks, and
whatever an application prints go to stderr.
"""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, NoReturn

from asgi_lambda import __version__
from asgi_lambda.errors import AsgiLambdaError, ConfigurationError, UnsupportedEvent
from asgi_lambda.local.answer import MalformedResponse, read
from asgi_lambda.local.arguments import add_request, add_server, event_of, given_event, read_json
from asgi_lambda.local.context import Context
from asgi_lambda.local.explain import explain
from asgi_lambda.local.log import logging_to_stderr
from asgi_lambda.local.target import handler_in, load
from asgi_lambda.sources import detect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from asgi_lambda.local.answer import Answer

    Arguments = argparse.Namespace


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; its exit status is 0, 1 if the invocation failed, 2 for a usage error."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        with logging_to_stderr():
            status: int = arguments.command(arguments)
    except ConfigurationError as error:
        print(f"{parser.prog}: error: {error}", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="asgi-lambda", description="ASGI applications on AWS Lambda.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    invoke = commands.add_parser("invoke", help="send a request through a handler")
    invoke.set_defaults(command=_invoke)
    invoke.add_argument("target", metavar="TARGET", help="module:attribute of a handler or app")
    add_request(invoke)
    invoke.add_argument("--event", metavar="FILE|-", help="send this event instead of a request")
    invoke.add_argument("--json", action="store_true", help="print the Lambda response as it is")
    invoke.add_argument("--show-event", action="store_true", help="print the event, on stderr")
    invoke.add_argument(
        "--timeout", type=float, default=30.0, metavar="S", help="seconds until the deadline (30)"
    )

    event = commands.add_parser("event", help="print the event of a request")
    event.set_defaults(command=_event)
    add_request(event)

    explained = commands.add_parser("explain", help="say what an event is, and what is wrong in it")
    explained.set_defaults(command=_explain)
    explained.add_argument("event", metavar="EVENT.json|-")

    served = commands.add_parser("serve", help="put a handler behind a front door on localhost")
    served.set_defaults(command=_serve)
    add_server(served)
    return parser


def _event(arguments: Arguments) -> int:
    _print_json(event_of(arguments))
    return 0


def _explain(arguments: Arguments) -> int:
    try:
        print("\n".join(explain(read_json(arguments.event))))
    except UnsupportedEvent as error:
        print(f"source: none; {error}")
        return 1
    return 0


def _serve(arguments: Arguments) -> int:
    # The one command that needs something installed.
    from asgi_lambda.local.serve import serve

    return serve(arguments)


def _invoke(arguments: Arguments) -> int:
    event = given_event(arguments) if arguments.event is not None else event_of(arguments)
    if arguments.show_event:
        print(json.dumps(event, indent=2), file=sys.stderr)
    try:
        with redirect_stdout(sys.stderr):
            response = _call(load(arguments.target), event, arguments.timeout)
        if arguments.json:
            _print_json(response)
        else:
            _print_answer(event, response, arguments.binary_type or ())
    except ConfigurationError:
        raise
    except MalformedResponse as error:
        print(f"The front door answers with an error of its own: {error}", file=sys.stderr)
        return 1
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def _call(function: Callable[[Any, Any], Any], event: Any, timeout: float) -> Any:
    """The Lambda response, with startup and shutdown around the call, as Lambda has them."""
    handler = handler_in(function)
    if handler is None:
        return function(event, Context(timeout=timeout))
    # Before the event, so that what an application adds too late fails here too.
    handler.startup()
    try:
        return function(event, Context(timeout=timeout))
    finally:
        handler.shutdown()


def _print_answer(event: Any, response: Any, binary_types: Sequence[str]) -> None:
    """The HTTP response; for an event that is no request, what the handler returned."""
    try:
        source = detect(event)
    except AsgiLambdaError:
        source = None
    if source is None or source.is_websocket:
        _print_json(response)
        return
    scope, _, _ = source.parse(event)
    accept = dict(scope["headers"]).get(b"accept", b"").decode()
    answer = read(
        source.name,
        response,
        method=scope["method"],
        accept=accept,
        binary_media_types=binary_types,
    )
    sys.stdout.flush()
    sys.stdout.buffer.write(_head(answer) + answer.body)
    sys.stdout.buffer.flush()


def _head(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {answer.reason}".rstrip()]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    return ("\n".join(lines) + "\n\n").encode()


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2))
