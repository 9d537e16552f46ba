"""What the adapter needs of an async library, and what a watchdog needs of a call.

Imported under TYPE_CHECKING only, so it costs nothing at run time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

from asgi_lambda.deadline import Patience
from asgi_lambda.loops import Ending


class Call(Protocol):
    """What a watchdog watches; the methods return at once and may be called from any thread."""

    def expire(self) -> None: ...

    def abandon(self) -> None: ...


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

    def soon(self, callback: Callable[[], object]) -> None:
        """Call it on the loop, as soon as that runs; from any thread."""
        ...

    def later(self, seconds: float, callback: Callable[[], object]) -> Callable[[], object]:
        """Call it on the loop, after so long; for who is on it. Returns what calls that off."""
        ...

    def advise(self, error: Exception) -> None:
        """Note on an error that it comes of another async library, if it does."""
        ...

    def spawn(self, main: Main) -> Callable[[], object]:
        """Start a task that outlives its call; returns what cancels it."""
        ...

    async def call(self, main: Main, patience: Patience | None) -> Ending:
        """Run `main` until it ends or our patience does; for who is on this loop.

        Raises what `main` raises.
        """
        ...


class KeptLoop(Loop, Protocol):
    """The loop of the process, which outlasts its calls."""

    # Called once, by the thread that ran the loop, as soon as no call needs it.
    when_idle: Callable[[], None] | None

    @property
    def idle(self) -> bool:
        """Whether no thread runs the loop."""
        ...

    def wake(self) -> None:
        """Give the loop a turn, where a thread runs it; from any thread."""
        ...

    def hear(self, number: int) -> None:
        """Let a signal end a wait of the loop also where it comes just before that.

        To be called on the main thread. It may set a handler, which can be replaced.
        """
        ...

    def run(self, main: Main, patience: Patience | None) -> Ending:
        """As `call`, for who is on no loop, in any thread.

        Raises LoopError where a loop runs on this thread.
        """
        ...


class Backend(Protocol):
    """A module for one async library."""

    def kept(self) -> KeptLoop:
        """The loop kept for this process, made by whoever asks first."""
        ...

    def running(self) -> Loop:
        """The loop that runs on this thread. Raises LoopError where none of this library does."""
        ...

    def runs_here(self) -> bool:
        """Whether a loop runs on this thread."""
        ...


Main = Callable[[Loop], Coroutine[Any, Any, None]]
