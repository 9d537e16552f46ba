"""Bonnette, as the session of an example takes a handler: it is installed beside the example.

Azure Functions have a function of a request that returns a response; both are JSON here.
"""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import bonnette  # type: ignore[import-not-found]
from azure.functions import HttpRequest  # type: ignore[import-not-found]


class Queue(asyncio.Queue[Any]):
    """The queue of Python 3.9, the last one whose queues took the loop that Bonnette gives them."""

    def __init__(self, *, loop: Any = None) -> None:
        super().__init__()


class Shim:
    """`asyncio` as Bonnette knew it."""

    Queue = Queue

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


def adapt(application: Any) -> Any:
    """A handler of (request, context): keys `method`, `url`, `headers`, `params` and `body`."""
    bonnette.asyncio = Shim()
    main = bonnette.Bonnette(application)

    def handler(request: Any, context: Any) -> dict[str, Any]:
        body = base64.b64decode(request.pop("body"))
        response = main(HttpRequest(body=body, **request))
        return {
            "status": response.status_code,
            "headers": list(response.headers.items()),
            "body": base64.b64encode(response.get_body()).decode(),
        }

    return handler
