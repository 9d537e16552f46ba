"""`asgi-lambda serve`: the gateway on uvicorn, with lines as Lambda writes them."""

from __future__ import annotations

import functools
import logging
import os
import platform
import sys
import time
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.errors import ConfigurationError
from asgi_lambda.local import variables
from asgi_lambda.local.arguments import chaos_of, settings_of, source_of
from asgi_lambda.local.environments import Environments
from asgi_lambda.local.events import WEBSOCKET
from asgi_lambda.local.front_door import set_up
from asgi_lambda.local.gateway import Gateway
from asgi_lambda.local.inspector import PATH, Inspector
from asgi_lambda.local.log import logging_to_stderr
from asgi_lambda.local.report import Report
from asgi_lambda.local.streamed_answer import Interrupted
from asgi_lambda.local.tap import noting_log
from asgi_lambda.local.target import load
from asgi_lambda.local.websocket_server import ENDPOINT, endpoint, websocket_options

try:
    import uvicorn
    from uvicorn.supervisors import ChangeReload
except ModuleNotFoundError:
    raise ConfigurationError(
        "serve: expected uvicorn, found none; install it, or asgi-lambda[local]"
    ) from None

if TYPE_CHECKING:
    import argparse
    import socket
    from collections.abc import Callable

    from asgi_lambda.asgi_types import ASGI3Application

    Arguments = argparse.Namespace

# Seconds that requests under way have once a signal came.
_PATIENCE: Final = 3


def serve(arguments: Arguments) -> int:
    """Serve until a signal comes; returns the exit status. Raises ConfigurationError."""
    if arguments.target is None and arguments.template is None:
        raise ConfigurationError("TARGET: expected one, or --template, got neither")
    if arguments.template is None and arguments.parameter_overrides is not None:
        raise ConfigurationError("--parameter-overrides: expected --template with it, got none")
    if not arguments.reload:
        return run(arguments)
    # The supervisor imports nothing of the application: its child does, anew after each change.
    config = configure("asgi_lambda.local", arguments)
    listener = config.bind_socket()
    ChangeReload(config, functools.partial(_run_child, arguments), [listener]).run()
    return 0


def _run_child(arguments: Arguments, sockets: list[socket.socket]) -> None:
    with logging_to_stderr():
        run(arguments, sockets)


def run(arguments: Arguments, sockets: list[socket.socket] | None = None) -> int:
    """As `serve`, once; sockets: that are bound already."""
    speaks_websocket = source_of(arguments) == WEBSOCKET
    if speaks_websocket and sockets is None:
        config = configure("asgi_lambda.local", arguments, speaks_websocket=True)
        with config.bind_socket() as listener:
            return run(arguments, [listener])
    if arguments.env_file is not None:
        variables.load(arguments.env_file)
    if arguments.template is not None:
        from asgi_lambda.local.template.command import run_template

        return run_template(arguments, sockets)
    if speaks_websocket and sockets:
        # Before the import, which may ask already.
        door = set_up(WEBSOCKET, settings_of(arguments))
        os.environ.setdefault(ENDPOINT, endpoint(sockets[0], door.prefix))
    gateway = _gateway(arguments)
    if gateway is None:
        return 1
    inspector = Inspector(gateway)
    config = configure(inspector, arguments, speaks_websocket=speaks_websocket)
    server = Server(config, functools.partial(_announce, gateway), inspector.close)
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    # uvicorn raises the interrupt again, once all is shut down.
    with noting_log(), suppress(KeyboardInterrupt):
        server.run(sockets)
    return 0


def _gateway(arguments: Arguments) -> Gateway | None:
    """TARGET behind its front door, None where its import failed. Raises ConfigurationError."""
    chaos = chaos_of(arguments)
    function: Callable[..., Any] | Environments
    seconds: float | None = None
    if chaos is not None:
        function = Environments(arguments.target, **chaos)
    else:
        _write(f"INIT_START Runtime Version: python:{platform.python_version()}")
        began = time.perf_counter()
        try:
            function = load(arguments.target)
        except ConfigurationError:
            raise
        except Exception:
            traceback.print_exc()
            return None
        seconds = time.perf_counter() - began
    report = Report(_write, seconds)
    return Gateway(function, source_of(arguments), observers=[report], **settings_of(arguments))


def _announce(gateway: Gateway, address: str) -> None:
    door = gateway.door
    if gateway.sockets is None:
        _write(f"Serving {door.source} at {address}{door.prefix}/")
    else:
        _write(f"Serving {door.source} at {address.replace('http', 'ws', 1)}{door.prefix}")
        _write(f"{ENDPOINT}={os.environ[ENDPOINT]}")
    _write(f"Every invocation is shown at {address}{PATH}")


class Server(uvicorn.Server):
    """uvicorn, that tells its address once it listens, and calls `close` before it ends."""

    def __init__(
        self,
        config: uvicorn.Config,
        announce: Callable[[str], None],
        close: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._announce = announce
        self._close = close

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)  # which exits where it fails
        port = self.servers[0].sockets[0].getsockname()[1]
        host = self.config.host
        self._announce(f"http://{f'[{host}]' if ':' in host else host}:{port}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._close()
        await super().shutdown(sockets)


def configure(
    application: ASGI3Application | str, arguments: Arguments, *, speaks_websocket: bool = False
) -> uvicorn.Config:
    """uvicorn as a front door; arguments: `host`, `port` and `reload`."""
    app: Any = application  # uvicorn's types of scopes are its own
    return uvicorn.Config(
        app,
        host=arguments.host,
        port=arguments.port,
        # Lambda's own, whichever others are installed.
        loop="asyncio",
        lifespan="on",
        reload=arguments.reload,
        log_config=None,
        log_level="warning",
        access_log=False,
        # A front door takes no client's word for its address.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_PATIENCE,
        **(websocket_options() if speaks_websocket else {"ws": "none"}),
    )


def _is_news(record: logging.LogRecord) -> bool:
    # That is how a client is cut off, and why it was is in the log already.
    return not (record.exc_info and isinstance(record.exc_info[1], Interrupted))


def _write(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
