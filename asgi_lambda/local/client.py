"""An HTTP client of a function, without server and sockets; needs httpx.

It invokes as Lambda does: a plain call, on this thread, one event at a time.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import httpx

from asgi_lambda.local.context import Context
from asgi_lambda.local.events import check_http
from asgi_lambda.local.refusal import Cause, Refused
from asgi_lambda.local.request import Request
from asgi_lambda.local.target import as_function, handler_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_lambda.local.answer import Answer
    from asgi_lambda.local.front_door import FrontDoor

logger = logging.getLogger("asgi_lambda")


class Transport(httpx.BaseTransport):
    """Sends the requests of a client through a front door to a function.

    timeout: of the function (s). The application starts up with the first request, and shuts down
    when the client is closed.
    """

    def __init__(
        self, handler: Callable[..., Any], door: FrontDoor, *, timeout: float = 30.0
    ) -> None:
        self.door = door
        self._function = as_function(handler)
        self._timeout = timeout

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the front door. Raises httpx.ConnectError for another host's address."""
        if request.url.host != self.door.domain:
            raise httpx.ConnectError(f"nobody answers at {request.url}", request=request)
        headers = [
            (name.decode("latin-1"), value.decode("utf-8", "replace"))
            for name, value in request.headers.raw
        ]
        target = request.url.raw_path.decode()
        asked = Request(request.method, target, headers, request.read())
        try:
            answer = self._answer(asked)
        except Refused as refused:
            answer = self.door.refuse(refused.cause)
            logger.warning("The front door answers %d: %s", answer.status, refused)
        fields = [(name.encode(), value.encode()) for name, value in answer.headers]
        return httpx.Response(answer.status, headers=fields, content=answer.body)

    def _answer(self, request: Request) -> Answer:
        request.path = self.door.behind_prefix(request.path)
        event = self.door.event(request)
        request_id = self.door.request_id(event)
        # Before the event, as on Lambda; again does no harm.
        handler = handler_in(self._function)
        if handler is not None:
            handler.startup()
        try:
            response = self._function(event, Context(timeout=self._timeout, request_id=request.id))
        except Exception as error:
            logger.error("The function failed", exc_info=error)
            raise Refused(Cause.FAILED, f"the function raised {type(error).__name__}") from error
        return self.door.read(response, request, request_id)

    def close(self) -> None:
        """Shut the application down."""
        handler = handler_in(self._function)
        if handler is not None:
            handler.shutdown()


def connect(handler: Callable[..., Any], door: FrontDoor, *, timeout: float = 30.0) -> httpx.Client:
    """A client for whom `/` is the application's, behind stage or base path.

    Raises ConfigurationError for a front door that is not for HTTP.
    """
    check_http(door.source)
    transport = Transport(handler, door, timeout=timeout)
    return httpx.Client(transport=transport, base_url=f"https://{door.domain}{door.prefix}")
