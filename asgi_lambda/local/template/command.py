"""`asgi-lambda serve --template FILE`: the stack of a template on uvicorn."""

from __future__ import annotations

import shlex
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.errors import ConfigurationError
from asgi_lambda.local.arguments import mapping_of
from asgi_lambda.local.authorizer import Authorizer
from asgi_lambda.local.serve import Server, configure
from asgi_lambda.local.template import document, stack
from asgi_lambda.local.template.index import lines
from asgi_lambda.local.template.process import Process
from asgi_lambda.local.template.router import Router

if TYPE_CHECKING:
    import argparse
    import socket
    from collections.abc import Iterable

    from asgi_lambda.local.template.stack import Stack

    Arguments = argparse.Namespace

# What the template says instead, and the value that an option has where it was not given.
_OF_THE_TEMPLATE: Final = {
    "target": None,
    "source": None,
    "stage": None,
    "base_path": None,
    "binary_type": None,
    "timeout": 30.0,
}


def run_template(arguments: Arguments, sockets: list[socket.socket] | None = None) -> int:
    """Serve until a signal comes; returns the exit status. Raises ConfigurationError.

    sockets: that listen already.
    """
    for name, value in _OF_THE_TEMPLATE.items():
        if getattr(arguments, name) != value:
            raise ConfigurationError(
                f"--template: expected neither TARGET nor how its front door is set up, got {name}"
            )
    path = Path(arguments.template)
    found = stack.of(document.read(path, _overrides(arguments)), path.parent)
    with TemporaryDirectory(prefix="asgi-lambda-") as folder:
        router = Router(found, _processes(found, arguments, Path(folder)))

        def announce(address: str) -> None:
            for line in lines(found, address.partition("//")[2]):
                _write(line)
            _write(f"Serving {len(found.functions)} functions of {path} at {address}/")

        server = Server(configure(router, arguments), announce, router.close)
        with suppress(KeyboardInterrupt):
            server.run(sockets)
    return 0


def _overrides(arguments: Arguments) -> dict[str, str]:
    """Parameters in either way that the SAM CLI has them. Raises ConfigurationError."""
    found = {}
    for text in _words(arguments.parameter_overrides or ()):
        if text.startswith("ParameterKey="):
            text = text.removeprefix("ParameterKey=").replace(",ParameterValue=", "=", 1)
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise ConfigurationError(f"--parameter-overrides: expected NAME=VALUE, got {text!r}")
        found[name] = value
    return found


def _words(texts: Iterable[str]) -> list[str]:
    """Overrides one by one, or several in one text, as the SAM CLI's file of settings has them.

    Raises ConfigurationError.
    """
    found: list[str] = []
    for text in texts:
        try:
            words = shlex.split(text)
        except ValueError as error:
            message = f"--parameter-overrides: expected NAME=VALUE: {error}"
            raise ConfigurationError(message) from None
        found += words if all("=" in word for word in words) else [text]
    return found


def _processes(found: Stack, arguments: Arguments, folder: Path) -> dict[str, Process]:
    said: dict[str, Any] = {
        "claims": mapping_of(arguments, "claims"),
        "authorizer": mapping_of(arguments, "authorizer"),
    }
    Authorizer("http-api", said["claims"], said["authorizer"])  # which refuses both at once
    return {
        name: Process(
            function, {"function": function, "doors": found.doors_of(name), **said}, folder
        )
        for name, function in found.functions.items()
        if found.doors_of(name)
    }


def _write(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
