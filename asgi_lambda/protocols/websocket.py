"""One WebSocket connection, as the ASGI specification orders its messages.

No I/O, as in `http`: `send` checks a message of the application and returns the command that is to
be carried out, `receive` returns a message for it, or None, which means wait. Knows no AWS.
Source: ASGI specification, "HTTP & WebSocket" 2.5 and "WebSocket Denial Response".

    CONNECTING --accept--> OPEN --close--> CLOSED
        |                   |
        |                   +--disconnect()--> DISCONNECTED
        +--close-----------------------------> CLOSED
        +--http.response.start--> DENYING --http.response.body, the last--> CLOSED

A connection may be replayed: its client has long been accepted, and the application, which is not
told so, connects and accepts once more. That yields no command, and what it sends before it waits
for a message is dropped, since the client had it the first time.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from asgi_lambda.errors import UnexpectedMessage
from asgi_lambda.protocols.http import HTTPCycle, checked
from asgi_lambda.protocols.http import State as HTTPState

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Message, Pair
    from asgi_lambda.asgi_types import WebSocketDisconnect as Disconnect
    from asgi_lambda.asgi_types import WebSocketReceive as Receive
    from asgi_lambda.asgi_types import WebSocketReceived as Received

# Close codes. Source: RFC 6455 section 7.4.1.
_NORMAL: Final = 1000
_LOST: Final = 1006
_FAILED: Final = 1011

_SUBPROTOCOL: Final = b"sec-websocket-protocol"


class State(Enum):
    """Which messages of the application are right."""

    CONNECTING = "waiting for websocket.accept, websocket.close or websocket.http.response.start"
    DENYING = "waiting for websocket.http.response.body"
    OPEN = "waiting for websocket.send or websocket.close"
    CLOSED = "closed by the application"
    DISCONNECTED = "left by the client"


class Answer(NamedTuple):
    """Answer the handshake. headers: `(name, value)`, names lower case."""

    status: int
    headers: list[Pair]
    body: bytes = b""

    @property
    def accepts(self) -> bool:
        """Whether the connection is open from here on."""
        return self.status < 300


class Post(NamedTuple):
    """Send a message to the client. is_text: whether `data` is the UTF-8 of one."""

    data: bytes
    is_text: bool


class Close(NamedTuple):
    """Close the connection."""

    code: int
    reason: str


class WebSocketCycle:
    """One connection. Messages of the client come in by `deliver`, its end by `disconnect`.

    over: there is nothing to come but `websocket.disconnect`, and that once.
    """

    __slots__ = ("_denial", "_mailbox", "_replays", "_told", "over", "replayed", "state")

    def __init__(self, *, replayed: bool = False) -> None:
        self.state = State.CONNECTING
        self.replayed = replayed
        # Whether what it sends is still what the client has had.
        self._replays = replayed
        self._told = False
        self._mailbox: deque[Receive | Disconnect] = deque()
        self.over = False
        self._denial: tuple[HTTPCycle, list[bytes]] | None = None

    @property
    def waits(self) -> bool:
        """Whether `receive` would return None."""
        undecided = self.state is State.CONNECTING or self.state is State.DENYING
        return self._told and (undecided or not self._mailbox)

    def deliver(self, message: Receive) -> None:
        """A message of the client. One that comes after the end is dropped."""
        if not self.over:
            self._mailbox.append(message)

    def disconnect(self, code: int = _LOST, reason: str = "") -> None:
        """The client is gone. What it sent before can still be received."""
        if not self.over:
            self._finish(code, reason)
            if self.state is State.OPEN:
                self.state = State.DISCONNECTED

    def receive(self) -> Received | None:
        """The next message for the application, or None: wait for one.

        Between `websocket.connect` and its answer there is none, and none after
        `websocket.disconnect`: an application that goes on asking would block the loop.
        """
        if not self._told:
            self._told = True
            return {"type": "websocket.connect"}
        if self.state is State.CONNECTING or self.state is State.DENYING:
            return None
        self._replays = False
        return self._mailbox.popleft() if self._mailbox else None

    def send(self, message: Message) -> Answer | Post | Close | None:
        """The command in `message`, or None where there is nothing to do.

        Raises UnexpectedMessage where the message is wrong here or in itself, OSError where nobody
        is there to take it. A second `websocket.close` does nothing.
        """
        try:
            kind = message["type"]
        except (TypeError, KeyError):
            raise UnexpectedMessage(
                f"{self.state.value}, got {type(message).__name__} without a type"
            ) from None
        match self.state, kind:
            case State.CONNECTING, "websocket.accept":
                return self._accept(message)
            case State.CONNECTING, "websocket.close":
                return self._deny(Answer(403, []))
            case State.CONNECTING, "websocket.http.response.start":
                self._start_denial(message)
                return None
            case State.DENYING, "websocket.http.response.body":
                return self._continue_denial(message)
            case State.OPEN, "websocket.send":
                return self._post(message)
            case State.OPEN, "websocket.close":
                return self._close(message)
            case State.CLOSED | State.DISCONNECTED, "websocket.close":
                return None
            case State.DISCONNECTED, "websocket.send" if self._replays:
                return None
            case State.CLOSED | State.DISCONNECTED, _:
                raise OSError(f"the connection was {self.state.value}")
        raise UnexpectedMessage(f"{self.state.value}, got {kind!r}")

    def end(self, *, failed: bool) -> Answer | Close | None:
        """What is left to do once the application has returned, or failed."""
        if self.state in (State.CONNECTING, State.DENYING):
            return self._deny(Answer(500, []), _FAILED)
        if self.state is State.OPEN:
            return self._closed(_FAILED if failed else _NORMAL, "")
        return None

    def abort(self) -> None:
        """The accepted connection could not be opened."""
        self.state = State.CLOSED
        self.disconnect(_LOST)

    def _accept(self, message: Message) -> Answer | None:
        subprotocol = message.get("subprotocol")
        if subprotocol is not None and not isinstance(subprotocol, str):
            raise UnexpectedMessage(
                f"expected text or None as subprotocol, got {type(subprotocol).__name__}"
            )
        pairs = checked(message.get("headers") or ())
        if any(name == _SUBPROTOCOL for name, _ in pairs):
            raise UnexpectedMessage("expected the subprotocol as such, got it as a header")
        if subprotocol is not None:
            pairs += checked([(_SUBPROTOCOL, subprotocol.encode())])
        self.state = State.DISCONNECTED if self.over else State.OPEN
        return None if self.replayed else Answer(200, pairs)

    def _deny(self, answer: Answer, code: int = _NORMAL) -> Answer | Close:
        if self.replayed:
            # The first time it was accepted, so that there is no handshake left to deny.
            return self._closed(code, "")
        self.state = State.CLOSED
        self.disconnect()  # unless the client has left meanwhile
        return answer

    def _start_denial(self, message: Message) -> None:
        denial = HTTPCycle("GET", b"")
        denial.send({**message, "type": "http.response.start"})
        if denial.status < 300:
            raise UnexpectedMessage(
                f"expected a status from 300 to 599, which denies, got {denial.status}"
            )
        self._denial = denial, []
        self.state = State.DENYING

    def _continue_denial(self, message: Message) -> Answer | Close | None:
        assert self._denial is not None
        denial, chunks = self._denial
        chunks.append(denial.send({**message, "type": "http.response.body"}) or b"")
        if denial.state is not HTTPState.COMPLETE:
            return None
        return self._deny(Answer(denial.status, denial.headers, b"".join(chunks)))

    def _post(self, message: Message) -> Post | None:
        data, text = message.get("bytes"), message.get("text")
        if (data is None) == (text is None):
            raise UnexpectedMessage("expected exactly one of bytes and text, got both or none")
        if text is not None:
            if not isinstance(text, str):
                raise UnexpectedMessage(f"expected str as text, got {type(text).__name__}")
            try:
                post = Post(text.encode(), True)
            except UnicodeEncodeError:
                raise UnexpectedMessage("expected text, got half of a surrogate pair") from None
        elif isinstance(data, bytes | bytearray | memoryview):
            post = Post(bytes(data), False)
        else:
            raise UnexpectedMessage(f"expected bytes as bytes, got {type(data).__name__}")
        return None if self._replays else post

    def _close(self, message: Message) -> Close:
        code, reason = message.get("code", _NORMAL), message.get("reason")
        if not isinstance(code, int):
            raise UnexpectedMessage(f"expected an int as code, got {type(code).__name__}")
        if reason is not None and not isinstance(reason, str):
            raise UnexpectedMessage(f"expected text or None as reason, got {type(reason).__name__}")
        return self._closed(code, reason or "")

    def _closed(self, code: int, reason: str) -> Close:
        self.state = State.CLOSED
        # What the client sent before nobody wants any more.
        self._mailbox.clear()
        self._finish(code, reason)
        return Close(code, reason)

    def _finish(self, code: int, reason: str) -> None:
        self.over = True
        self._mailbox.append({"type": "websocket.disconnect", "code": code, "reason": reason})
