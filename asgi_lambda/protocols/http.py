"""One HTTP request and its response, as the ASGI specification orders their messages.

No I/O: `receive` says what to give the application, or that it must wait; `send` checks one of its
messages, moves on, and returns the bytes to pass on. Knows no event loop and no AWS.

    AWAITING_START --http.response.start--> AWAITING_BODY --the last http.response.body--> COMPLETE
          |                                       |
          +-------------- disconnect() -----------+--> DISCONNECTED

Source: ASGI specification, "HTTP & WebSocket", HTTP 2.5.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
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


_START: Final = State.AWAITING_START
_BODY: Final = State.AWAITING_BODY
_COMPLETE: Final = State.COMPLETE


class HTTPCycle:
    """One request and its response.

    status and headers are there from `http.response.start` on; headers are `(name, value)`, names
    lower case.
    """

    __slots__ = ("_bodiless", "_request", "headers", "state", "status")

    headers: list[Pair]
    status: int

    def __init__(self, method: str, body: bytes) -> None:
        self.state = _START
        self._request: bytes | None = body
        self._bodiless = method == "HEAD"

    def receive(self) -> HTTPReceived | None:
        """The next message for the application, or None: wait until the response is complete.

        `http.disconnect` never comes earlier, since frameworks then drop a slow response.
        """
        body = self._request
        if body is not None:
            self._request = None
            return {"type": "http.request", "body": body, "more_body": False}
        if self.state is _COMPLETE or self.state is State.DISCONNECTED:
            return {"type": "http.disconnect"}
        return None

    def send(self, message: Message) -> bytes | None:
        """The part of the body in `message`, or None where there is none to pass on.

        Raises UnexpectedMessage where the message is wrong here or in itself, OSError where nobody
        waits for the response any more. After the end of the response messages are ignored, as the
        specification has it.
        """
        state = self.state
        try:
            kind = message["type"]
        except (TypeError, KeyError):
            raise UnexpectedMessage(
                f"{state.value}, got {type(message).__name__} without a type"
            ) from None
        if state is _BODY and kind == "http.response.body":
            return self._body(message)
        if state is _START and kind == "http.response.start":
            self._start(message)
        elif state is State.DISCONNECTED:
            raise OSError("the request was given up, and nobody waits for its response")
        elif state is not _COMPLETE:
            raise UnexpectedMessage(f"{state.value}, got {kind!r}")
        return None

    def disconnect(self) -> None:
        """Nobody waits for the response any more."""
        if self.state is not _COMPLETE:
            self.state = State.DISCONNECTED

    def _start(self, message: Message) -> None:
        status = message.get("status")
        if type(status) is not int or not 200 <= status <= 599:
            status = _status(status)
        self.headers = checked(message.get("headers", ()))
        self.status = status
        if status in _BODILESS:
            self._bodiless = True
        self.state = _BODY

    def _body(self, message: Message) -> bytes:
        body = message.get("body", b"")
        if type(body) is not bytes:
            if not isinstance(body, bytes | bytearray | memoryview):
                raise UnexpectedMessage(f"expected bytes as body, got {type(body).__name__}")
            body = bytes(body)
        if not message.get("more_body", False):
            self.state = _COMPLETE
        return b"" if self._bodiless else body


def _status(status: Any) -> int:
    try:
        code = int(status)
    except (TypeError, ValueError, OverflowError):
        code = 0
    # 1xx answers precede a response, and no front door can send them.
    if not 200 <= code <= 599:
        raise UnexpectedMessage(f"expected a status from 200 to 599, got {status!r}")
    return code


def checked(headers: Any) -> list[Pair]:
    """Headers as pairs, names lower case. Raises UnexpectedMessage."""
    pairs: list[Pair] = []
    try:
        for name, value in headers:
            if type(value) is not bytes:
                raise UnexpectedMessage("expected header values of bytes, got another type")
            pairs.append((_checked_name(name), value))
    except (TypeError, ValueError, AttributeError):
        raise UnexpectedMessage("expected headers as pairs of bytes, got another shape") from None
    joined = b"".join([value for _, value in pairs])
    if len(joined.translate(None, _ENDS_A_LINE)) != len(joined):
        raise UnexpectedMessage("expected header values without CR, LF and NUL, got one of them")
    return pairs


# An application has few header names, and the bound holds where it makes them up.
@lru_cache(maxsize=256)
def _checked_name(name: bytes) -> bytes:
    if not name or name.translate(None, _TOKEN):
        raise UnexpectedMessage("expected a header name of token characters, got others")
    return name.lower()
