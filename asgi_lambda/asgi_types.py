"""The shape of every ASGI scope and message this package exchanges with an application.

Imported under TYPE_CHECKING only, so it costs nothing at run time.
Source: the ASGI specification, "HTTP & WebSocket" 2.5 and "Lifespan" 2.0.
"""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Literal, NotRequired, TypedDict

from asgi_lambda.lambda_types import Event, LambdaContext

Pair = tuple[bytes, bytes]


class Versions(TypedDict):
    version: str
    spec_version: str


# The functional form, because two keys are no identifiers.
HTTPScope = TypedDict(
    "HTTPScope",
    {
        "type": Literal["http"],
        "asgi": NotRequired[Versions],
        "http_version": str,
        "method": str,
        "scheme": str,
        "path": str,
        "raw_path": bytes,
        "query_string": bytes,
        "root_path": str,
        "headers": list[Pair],
        "client": tuple[str, int] | None,
        "server": tuple[str, int],
        "state": NotRequired[dict[str, Any]],
        "extensions": NotRequired[dict[str, dict[str, Any]]],
        "aws.event": NotRequired[Event],
        "aws.context": NotRequired[LambdaContext | None],
    },
)


WebSocketScope = TypedDict(
    "WebSocketScope",
    {
        "type": Literal["websocket"],
        "asgi": NotRequired[Versions],
        "http_version": str,
        "scheme": str,
        "path": str,
        "raw_path": bytes,
        "query_string": bytes,
        "root_path": str,
        "headers": list[Pair],
        "client": tuple[str, int] | None,
        "server": tuple[str, int],
        "subprotocols": list[str],
        "state": NotRequired[dict[str, Any]],
        # One of ours is an object, since it has methods.
        "extensions": NotRequired[dict[str, Any]],
        "aws.event": NotRequired[Event],
        "aws.context": NotRequired[LambdaContext | None],
    },
)


class LifespanScope(TypedDict):
    type: Literal["lifespan"]
    asgi: Versions
    state: dict[str, Any]


class HTTPRequest(TypedDict):
    type: Literal["http.request"]
    body: bytes
    more_body: bool


class HTTPDisconnect(TypedDict):
    type: Literal["http.disconnect"]


class HTTPResponseStart(TypedDict):
    type: Literal["http.response.start"]
    status: int
    headers: NotRequired[Iterable[Iterable[bytes]]]


class HTTPResponseBody(TypedDict):
    type: Literal["http.response.body"]
    body: NotRequired[bytes]
    more_body: NotRequired[bool]


class WebSocketConnect(TypedDict):
    type: Literal["websocket.connect"]


class WebSocketReceive(TypedDict):
    """One of the two is None."""

    type: Literal["websocket.receive"]
    bytes: "bytes | None"
    text: str | None


class WebSocketDisconnect(TypedDict):
    type: Literal["websocket.disconnect"]
    code: int
    reason: str


class LifespanStartup(TypedDict):
    type: Literal["lifespan.startup"]


class LifespanShutdown(TypedDict):
    type: Literal["lifespan.shutdown"]


HTTPReceived = HTTPRequest | HTTPDisconnect
WebSocketReceived = WebSocketConnect | WebSocketReceive | WebSocketDisconnect
LifespanReceived = LifespanStartup | LifespanShutdown

# What an application gives and takes is checked at run time, so these stay as wide as frameworks
# write them: narrower types would refuse applications that are right.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGI3Application = Callable[[Scope, Receive, Send], Awaitable[None]]
# What users pass: several frameworks type scope and messages as dicts of their own, which no common
# signature takes.
Application = Callable[..., Any]
