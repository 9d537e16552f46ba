"""The lifespan of an application, as the ASGI specification orders its messages.

No I/O, as in `http`. Also judges an application that ended and never said `startup.complete`: does
it have no lifespan, or did it fail?
Source: ASGI specification, "Lifespan" 2.0.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from asgi_lambda.errors import UnexpectedMessage

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import LifespanReceived, Message

# How an application that knows http only ends when it is given a lifespan: at a key that its scope
# lacks, an assertion on the type, a branch not taken.
_CONFUSED: Final = (KeyError, TypeError, AssertionError, ValueError, NotImplementedError)


class State(Enum):
    """What the application was told, and what it answered."""

    NEW = "not asked yet"
    STARTING = "starting up"
    STARTED = "started"
    STOPPING = "shutting down"
    ENDED = "ended"
    UNSUPPORTED = "without lifespan"
    FAILED = "failed"


class LifespanCycle:
    """One startup and shutdown.

    delivered: whether the application was told to start up; started: whether it said it did;
    message and error: what it said of a failure, and what it raised.
    """

    __slots__ = ("_shutdown_due", "delivered", "error", "message", "started", "state")

    def __init__(self) -> None:
        self.state = State.NEW
        self.message = ""
        self.error: Exception | None = None
        self.delivered = False
        self.started = False
        self._shutdown_due = False

    @property
    def settled(self) -> bool:
        """Whether the outcome of the startup is known."""
        return self.state not in (State.NEW, State.STARTING)

    @property
    def over(self) -> bool:
        """Whether nothing is to be expected from the application any more."""
        return self.state in (State.ENDED, State.UNSUPPORTED, State.FAILED)

    def receive(self) -> LifespanReceived | None:
        """The next message for the application, or None: wait until the shutdown is due."""
        if self.state is State.NEW:
            self.state = State.STARTING
            self.delivered = True
            return {"type": "lifespan.startup"}
        if self._shutdown_due and self.state is State.STARTED:
            self.state = State.STOPPING
            return {"type": "lifespan.shutdown"}
        return None

    def shut_down(self) -> None:
        """Let `receive` return `lifespan.shutdown`."""
        self._shutdown_due = True

    def send(self, message: Message) -> None:
        """Take the application's answer.

        Raises UnexpectedMessage for one that is wrong here. One of another protocol also says that
        the application took the lifespan for a request: it has none.
        """
        state = self.state.value
        try:
            kind = str(message["type"])
        except (TypeError, KeyError):
            raise UnexpectedMessage(
                f"the lifespan is {state}, got {type(message).__name__} without a type"
            ) from None
        match self.state, kind:
            case State.NEW | State.STARTING, "lifespan.startup.complete":
                self.state = State.STARTED
                self.started = True
            case State.NEW | State.STARTING, "lifespan.startup.failed":
                self._fail(str(message.get("message", "")))
            case State.STARTED | State.STOPPING, "lifespan.shutdown.complete":
                self.state = State.ENDED
            case State.STARTED | State.STOPPING, "lifespan.shutdown.failed":
                self._fail(str(message.get("message", "")))
            case _:
                if not self.settled and not kind.startswith("lifespan."):
                    self.state = State.UNSUPPORTED
                raise UnexpectedMessage(f"the lifespan is {state}, got {kind!r}")

    def end(self, error: Exception | None) -> None:
        """The application returned, or raised `error`; decides what that says of a lifespan.

        Before the first `receive` anything means that there is none. Once `lifespan.startup` was
        delivered an exception is ambiguous, and only those of a confused application mean it.
        """
        self.error = error
        if self.state is State.NEW:
            self.state = State.UNSUPPORTED
        elif self.state is State.STARTING:
            if error is None or isinstance(error, _CONFUSED):
                self.state = State.UNSUPPORTED
            else:
                self._fail(f"{type(error).__name__}: {error}")
        elif self.state in (State.STARTED, State.STOPPING):
            if error is None:
                self.state = State.ENDED
            else:
                self._fail(f"{type(error).__name__}: {error}")

    def _fail(self, message: str) -> None:
        self.state = State.FAILED
        self.message = message
