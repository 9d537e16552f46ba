"""A front door on loopback, for a browser: the gateway on a server of its own thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from asgi_lambda.local import Gateway
from tests.frameworks.front_doors import FrontDoor


class _Server(uvicorn.Server):
    """uvicorn, that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.listens.set()


@contextmanager
def serving(*, handler: Callable[..., Any], door: FrontDoor) -> Iterator[str]:
    """The address of `door` before `handler`, with the prefix and without a slash behind it."""
    gateway: Any = Gateway(handler, door.source, **door.settings)
    server = _Server(uvicorn.Config(gateway, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, name="gateway")
    thread.start()
    assert server.listens.wait(10)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}{door.prefix}"
    finally:
        server.should_exit = True
        thread.join()
