"""What the adapter needs of an async library; a module beside this one is the only one to name it.

A loop is kept between invocations: it stands still while the execution environment is frozen, and
goes on with the tasks it has when the next event comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from asgi_lambda.deadline import Patience

    Main = Callable[["Loop"], Coroutine[Any, Any, None]]


class Ending:
    """How a call ended.

    expired: it was cancelled at its deadline; abandoned: and did not end then; cancelled: the
    cancellation it ended with; stacks: where its tasks stood at the deadline.
    """

    __slots__ = ("abandoned", "cancelled", "expired", "stacks")

    def __init__(
        self,
        expired: bool = False,
        abandoned: bool = False,
        cancelled: BaseException | None = None,
        stacks: str = "",
    ) -> None:
        self.expired = expired
        self.abandoned = abandoned
        self.cancelled = cancelled
        self.stacks = stacks


# The only one of a call that just returned.
RETURNED: Final = Ending()


class Event(Protocol):
    """One task wakes others: what the events of asyncio and trio have in common."""

    def set(self) -> object: ...

    def wait(self) -> Awaitable[object]: ...


class Loop(Protocol):
    """A loop that runs calls, each a task of its own in a copy of the caller's context."""

    @property
    def closed(self) -> bool:
        """Whether nothing can run on it any more."""
        ...

    def same(self, other: Loop) -> bool:
        """Whether what was made on `other` works here."""
        ...

    def event(self) -> Event: ...

    def spawn(self, main: Main) -> Callable[[], object]:
        """Start a task that outlives its call; returns what cancels it."""
        ...

    async def call(self, main: Main, patience: Patience | None) -> Ending:
        """Run `main` until it ends or our patience does; for who is on this loop.

        Raises what `main` raises.
        """
        ...


class KeptLoop(Loop, Protocol):
    """The loop of the process that runs only while a call needs it."""

    # Called once, by the thread that ran the loop, as soon as no call needs it.
    when_idle: Callable[[], None] | None

    @property
    def idle(self) -> bool:
        """Whether no thread runs the loop."""
        ...

    def wake(self) -> None:
        """Give the loop a turn, where a thread runs it; from any thread."""
        ...

    def run(self, main: Main, patience: Patience | None) -> Ending:
        """As `call`, for who is on no loop, in any thread.

        Raises LoopError where a loop runs on this thread.
        """
        ...
