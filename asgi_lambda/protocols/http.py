"""One HTTP request and its response, as the ASGI specification orders their messages.

No I/O: `receive` says what to give the application, or that it must wait; `send` checks a message of
the application, moves on, and returns the bytes to pass on. Knows no event loop and no AWS.

    AWAITING_START --http.response.start--> AWAITING_BODY --the last http.response.body--> COMPLETE
          |                                       |
          +-------------- disconnect() -----------+--> DISCONNECTED

Source: ASGI specification, "HTTP & WebSocket", HTTP 2.5.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.errors import UnexpectedMessage

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import HTTPReceived, Message, Pair

_TOKEN: Final = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# A value that ends its line lets whoever chose it write headers, or a response, of his own.
_ENDS_A_LINE: Final = b"\r\n\0"
_BODILESS: Final = (204, 304)


class State(Enum):
    """Which message of the application comes next."""

    AWAITING_START = "waiting for http.response.start"
    AWAITING_BODY = "waiting for http.response.body"
    COMPLETE = "complete"
    DISCONNECTED = "disconnected"


class HTTPCycle:
    """One request and its response.

    status and headers are there from `http.response.start` on; headers are `(name, value)`, names
    lower case.
    """

    __slots__ = ("_bodiless", "_request", "headers", "state", "status")

    def __init__(self, method: str, body: bytes) -> None:
        self.state = State.AWAITING_START
        self.status = 0
        self.headers: list[Pair] = []
        self._request: HTTPReceived | None = {
            "type": "http.request",
            "body": body,
            "more_body": False,
        }
        self._bodiless = method == "HEAD"

    @property
    def complete(self) -> bool:
        """Whether the whole response is known."""
        return self.state is State.COMPLETE

    def receive(self) -> HTTPReceived | None:
        """The next message for the application, or None: wait until the response is complete.

        `http.disconnect` never comes earlier, since frameworks then drop a slow response.
        """
        request, self._request = self._request, None
        if request is None and self.state in (State.COMPLETE, State.DISCONNECTED):
            return {"type": "http.disconnect"}
        return request

    def send(self, message: Message) -> bytes | None:
        """The part of the body in `message`, or None where there is none to pass on.

        Raises UnexpectedMessage where the message is wrong here or in itself, OSError where nobody
        waits for the response any more. After the end of the response messages are ignored, as the
        specification has it.
        """
        state = self.state
        if state is State.COMPLETE:
            return None
        if state is State.DISCONNECTED:
            raise OSError("the request was given up, and nobody waits for its response")
        kind = _type_of(message)
        if state is State.AWAITING_START and kind == "http.response.start":
            self._start(message)
            return None
        if state is State.AWAITING_BODY and kind == "http.response.body":
            return self._body(message)
        raise UnexpectedMessage(f"{state.value}, got {kind!r}")

    def disconnect(self) -> None:
        """Nobody waits for the response any more."""
        if self.state is not State.COMPLETE:
            self.state = State.DISCONNECTED

    def _start(self, message: Message) -> None:
        status = _status(message.get("status"))
        self.headers = _checked_headers(message.get("headers", ()))
        self.status = status
        self._bodiless = self._bodiless or status in _BODILESS
        self.state = State.AWAITING_BODY

    def _body(self, message: Message) -> bytes:
        body = message.get("body", b"")
        if not isinstance(body, bytes):
            if not isinstance(body, bytearray | memoryview):
                raise UnexpectedMessage(f"expected bytes as body, got {type(body).__name__}")
            body = bytes(body)
        if not message.get("more_body", False):
            self.state = State.COMPLETE
        return b"" if self._bodiless else body


def _type_of(message: Any) -> str:
    try:
        kind = message["type"]
    except (TypeError, KeyError):
        raise UnexpectedMessage(
            f"expected a message with a type, got {type(message).__name__}"
        ) from None
    return str(kind)


def _status(status: Any) -> int:
    try:
        code = int(status)
    except (TypeError, ValueError):
        code = 0
    # 1xx answers precede a response, and no front door can send them.
    if not 200 <= code <= 599:
        raise UnexpectedMessage(f"expected a status from 200 to 599, got {status!r}")
    return code


def _checked_headers(headers: Any) -> list[Pair]:
    try:
        pairs = [(name.lower(), value) for name, value in headers]
        names = b"".join([name for name, _ in pairs])
        values = b"".join([value for _, value in pairs])
    except (TypeError, ValueError, AttributeError):
        raise UnexpectedMessage("expected headers as pairs of bytes, got another shape") from None
    if names.translate(None, _TOKEN) or not all([name for name, _ in pairs]):
        raise UnexpectedMessage("expected header names of token characters, got others")
    if len(values.translate(None, _ENDS_A_LINE)) != len(values):
        raise UnexpectedMessage("expected header values without CR, LF and NUL, got one of them")
    return pairs
