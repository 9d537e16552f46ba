"""A WebSocket API as tests play it: its events, and a management API that records."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.websocket.outbox import Gone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asgi_lambda import Handler
    from asgi_lambda.asgi_types import Receive, Send

# How long (s) a test waits for what has to come.
PATIENCE: Final = 10.0

HOST: Final = "abc123.execute-api.eu-west-1.amazonaws.com"


def event(kind: str, connection: str, *, domain: str = HOST, **context: Any) -> dict[str, Any]:
    """What every event has."""
    return {
        "requestContext": {
            "routeKey": {"CONNECT": "$connect", "DISCONNECT": "$disconnect"}.get(kind, "$default"),
            "eventType": kind,
            "connectionId": connection,
            "stage": "prod",
            "domainName": domain,
            "identity": {"sourceIp": "192.0.2.7"},
            **context,
        },
        "isBase64Encoded": False,
    }


def connect(
    connection: str = "one",
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    domain: str = HOST,
) -> dict[str, Any]:
    fields = {"Host": domain, "X-Forwarded-Proto": "https", **(headers or {})}
    made = event("CONNECT", connection, domain=domain)
    made["headers"] = fields
    made["multiValueHeaders"] = {name: [value] for name, value in fields.items()}
    if query:
        made["queryStringParameters"] = dict(query)
    return made


def message(text: str, connection: str = "one") -> dict[str, Any]:
    return {**event("MESSAGE", connection, messageId="m"), "body": text}


def disconnect(
    connection: str = "one", *, code: int | None = 1001, reason: str = "away"
) -> dict[str, Any]:
    return event("DISCONNECT", connection, disconnectStatusCode=code, disconnectReason=reason)


class FakeAPI:
    """Takes the place of `Management`, for every endpoint.

    calls: what was asked for, in order. failures: what the next calls for a connection raise, None
    for none. most: how many were under way at once at most. when_called: in the thread of the call.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str]] = []
        self.endpoints: list[str] = []
        self.patience: list[float] = []
        self.failures: defaultdict[str, deque[Exception | None]] = defaultdict(deque)
        self.most = 0
        # Where set, calls wait for it.
        self.opens: threading.Event | None = None
        self.entered = threading.Event()
        self.when_called: Callable[[], object] | None = None
        self._now = 0
        self._lock = threading.Lock()

    def __call__(self, endpoint: str) -> FakeAPI:
        self.endpoints.append(endpoint)
        return self

    def post(self, connection_id: str, data: bytes, patience: float) -> None:
        self.patience.append(patience)
        self._call("post", connection_id, data.decode())

    def delete(self, connection_id: str) -> None:
        self._call("delete", connection_id, "")

    def _call(self, what: str, connection_id: str, text: str) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self.entered.set()
        if self.when_called is not None:
            self.when_called()
        if self.opens is not None:
            assert self.opens.wait(PATIENCE)
        with self._lock:
            self._now -= 1
            failures = self.failures[connection_id]
            failure = failures.popleft() if failures else None
            if failure is None:
                self.calls.append((what, connection_id, text))
        if failure is not None:
            raise failure

    def sent(self, connection: str = "one") -> list[str]:
        """The messages that a client has had."""
        return [text for what, to, text in self.calls if (what, to) == ("post", connection)]

    def closed(self) -> list[str]:
        return [to for what, to, _ in self.calls if what == "delete"]

    def lose(self, connection: str) -> None:
        """Its client is gone."""
        self.failures[connection].extend(Gone() for _ in range(1_000))


async def accept(receive: Receive, send: Send, **fields: Any) -> None:
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept", **fields})


def websocket_only(serve: Callable[[Any, Receive, Send], Any]) -> Any:
    """An application without a lifespan, that says so as frameworks do."""

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            raise ValueError(f"only websocket, got {scope['type']}")
        await serve(scope, receive, send)

    return app


async def echo(scope: Any, receive: Receive, send: Send) -> None:
    """Answers each message, numbered; says whether it is a replay."""
    await accept(receive, send)
    await send({"type": "websocket.send", "text": "welcome"})
    number = 0
    replayed = scope["extensions"]["asgi_lambda.connection"].replayed
    while (message := await receive())["type"] == "websocket.receive":
        number += 1
        text = f"{number}{'r' if replayed else ''}: {message['text']}"
        await send({"type": "websocket.send", "text": text})


class Seen:
    """An application that writes down what it receives, and answers nothing."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.scopes: list[Any] = []

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        await accept(receive, send)
        while True:
            self.messages.append(await receive())
            if self.messages[-1]["type"] == "websocket.disconnect":
                return


def live(handler: Handler) -> list[str]:
    """The connections whose coroutines wait."""
    assert handler._websockets is not None
    return [name for each in handler._websockets._connections for name in each.live]
