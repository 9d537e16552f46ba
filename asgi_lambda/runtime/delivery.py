"""One invocation on the loop, from its event to what Lambda has of it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from asgi_lambda.adapter import Handler
    from asgi_lambda.loop_types import Loop
    from asgi_lambda.loops import Ending
    from asgi_lambda.runtime.abroad import LoopAbroad
    from asgi_lambda.runtime.api import Invocation, RuntimeAPI
    from asgi_lambda.runtime.connection import ReplyToCome


class Delivery(ABC):
    """What the service knows of it: it runs, and can be given up. event: that of the invocation."""

    def __init__(self, handler: Handler, event: Any) -> None:
        self.event = event
        self._handler = handler
        # Why nobody waits for the application any longer, once that is so.
        self._given_up: str | None = None
        # Whose cancellation ends the application, while it runs.
        self._task: asyncio.Task[object] | None = None

    @abstractmethod
    async def run(
        self, loop: Loop | LoopAbroad, api: RuntimeAPI, invocation: Invocation
    ) -> ReplyToCome | None:
        """Run the application and hand over what comes of it.

        What comes back is the reply that will follow, None where there is none. Raises what is to
        be reported as the error of the invocation, and ConnectionLost, as the reply may.
        """

    @abstractmethod
    def give_up(self, reason: str) -> None:
        """Wait for the application no longer, if it still runs."""

    async def _unless_given_up(self, call: Awaitable[Ending]) -> Ending | None:
        """How a call ended, None where that is not known, since it was given up and cancelled."""
        task = self._task = asyncio.current_task()
        assert task is not None
        try:
            return await call
        except asyncio.CancelledError:
            if self._given_up is None:
                raise
            task.uncancel()
            return None
        finally:
            self._task = None
