"""Events and applications that the tests of whole invocations share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.backends import current_loop

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from asgi_lambda.asgi_types import ASGI3Application, Receive, Scope, Send


def http_event(
    *,
    method: str = "GET",
    path: str = "/",
    body: str | None = None,
    is_base64: bool = False,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """An event of an HTTP API, payload format 2.0."""
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "api.example.com", **(headers or {})},
        "requestContext": {"http": http, "stage": "$default", "domainName": "api.example.com"},
        "isBase64Encoded": is_base64,
    }
    if body is not None:
        event["body"] = body
    return event


def alb_event(*, method: str = "GET", path: str = "/") -> dict[str, Any]:
    """An event of an ALB without multi-value headers."""
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn"}},
        "httpMethod": method,
        "path": path,
        "headers": {"host": "lb.example.com", "x-forwarded-for": "192.0.2.1"},
        "queryStringParameters": {},
        "body": "",
        "isBase64Encoded": False,
    }


class Context:
    """A Lambda context with a fixed time left (ms)."""

    def __init__(self, *, milliseconds: int = 60_000) -> None:
        self.aws_request_id = "11111111-2222-3333-4444-555555555555"
        self._milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self._milliseconds


async def respond(
    send: Send,
    body: bytes = b"ok",
    *,
    status: int = 200,
    headers: Iterable[tuple[bytes, bytes]] = ((b"content-type", b"text/plain"),),
) -> None:
    """A whole response."""
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


def http_only(serve: Callable[[Scope, Receive, Send], Awaitable[None]]) -> ASGI3Application:
    """An application without a lifespan, that says so as frameworks do."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"only http, got {scope['type']}")
        await serve(scope, receive, send)

    return app


class Recorder:
    """An application with a lifespan that records what it was told.

    loops: the event loop of each call, lifespan first. messages: those of the lifespan.
    """

    def __init__(self, *, startup: str = "complete", shutdown: str = "complete") -> None:
        self.loops: list[object] = []
        self.messages: list[str] = []
        self._startup = startup
        self._shutdown = shutdown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.loops.append(current_loop())
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            await respond(send, str(scope["state"].get("started")).encode())

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        for phase, answer in (("startup", self._startup), ("shutdown", self._shutdown)):
            self.messages.append((await receive())["type"])
            scope["state"]["started"] = phase == "startup"
            if answer == "raise":
                raise ConnectionError(f"{phase} is impossible")
            if answer == "return":
                return
            await send({"type": f"lifespan.{phase}.{answer}", "message": f"{phase} said no"})
            self.messages.append(f"lifespan.{phase}.{answer}")
            if answer == "failed":
                return
