"""One request at the gateway, and all that becomes of it; and who is told."""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.answer import Answer
    from asgi_lambda.local.request import Request


# Bytes of bodies, and messages, that are kept: more than any response has that is not streamed.
_MOST_NOTED: Final = 16_000_000
_MOST_MESSAGES: Final = 10_000


class Exchange:
    """A request, its invocation and its answer; what did not come about is None.

    id: of the invocation. target: path and query, as its client typed them. response: what the
    function returned; error: what it raised. reason: why the front door answers by itself, else "".
    replays: the id of the one that it repeats. scope, messages, log: what a tap notes, see there;
    messages are `(moment, direction, message)`, with `noted` bytes of body, and log entries
    `(moment, level, text)`. Moments are those of `time.perf_counter`. environment: the number of
    its process, where there are such; memory: the peak of that (MB); init: seconds that it took to
    start, for its first invocation.
    """

    __slots__ = (
        "_observers",
        "answer",
        "answered",
        "arrived",
        "environment",
        "error",
        "event",
        "id",
        "init",
        "invoked",
        "log",
        "memory",
        "messages",
        "noted",
        "reason",
        "replays",
        "request",
        "response",
        "returned",
        "scope",
        "source",
        "target",
    )

    def __init__(self, source: str, request: Request, observers: Iterable[Observer] = ()) -> None:
        self._observers = observers
        self.arrived = time.perf_counter()
        self.source = source
        self.request = request
        self.target = f"{request.path}?{request.query}" if request.query else request.path
        self.id = request.id
        self.event: Event | None = None
        self.invoked: float | None = None
        self.response: Any = None
        self.error: Exception | None = None
        self.returned: float | None = None
        self.answer: Answer | None = None
        self.answered: float | None = None
        self.reason = ""
        self.replays: str | None = None
        self.scope: dict[str, Any] | None = None
        self.messages: list[tuple[float, str, dict[str, Any]]] = []
        self.noted = 0
        self.environment: int | None = None
        self.init: float | None = None
        self.memory: int | None = None
        self.log: list[tuple[float, str, str]] = []

    @property
    def duration(self) -> float:
        """Seconds that the function took, or has taken so far; 0 where it was not invoked."""
        if self.invoked is None:
            return 0.0
        return (self.returned or time.perf_counter()) - self.invoked

    def begin(self) -> None:
        """Its event goes to the function, which has an environment by now."""
        self.invoked = time.perf_counter()
        for observer in self._observers:
            observer.invoked(self)

    def note(self, direction: str, message: dict[str, Any]) -> None:
        """Keep a message, and its body too, where that is not one of very many."""
        body = message.get("body")
        if isinstance(body, bytes):
            self.noted += len(body)
            if self.noted > _MOST_NOTED:
                message = {**message, "body": f"{len(body)} bytes"}
        if len(self.messages) < _MOST_MESSAGES:
            self.messages.append((time.perf_counter(), direction, message))


class Observer(Protocol):
    """Who is told, on the gateway's loop, of what happens there; must not raise."""

    def started(self, seconds: float) -> None:
        """The application has started up, which took so long."""
        ...

    def arrived(self, exchange: Exchange) -> None:
        """A request is there, without its body."""
        ...

    def invoked(self, exchange: Exchange) -> None:
        """Its event goes to the function."""
        ...

    def returned(self, exchange: Exchange) -> None:
        """The function has returned or failed; its client may have got an answer earlier."""
        ...

    def answered(self, exchange: Exchange) -> None:
        """The client gets its answer."""
        ...


# The exchange whose invocation runs in this context.
current: Final[ContextVar[Exchange | None]] = ContextVar("exchange", default=None)
