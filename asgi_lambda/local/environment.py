"""Where invocations go: the seam between a gateway and what runs its function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.channel import Sink


class Environment(Protocol):
    """One execution environment, as `Function` is, or several that act as one.

    handler: the function, as far as this process has it.
    """

    @property
    def handler(self) -> Callable[[Any, Any], Any] | None: ...

    async def startup(self) -> None:
        """Start up, before the first event. Raises what the application raises."""
        ...

    async def shutdown(self) -> None:
        """Shut down, on the task of the startup."""
        ...

    def invoke(self, event: Event, request_id: str, sink: Sink | None = None) -> Awaitable[Any]:
        """The response to an event, None where it went to the sink; many at once.

        Raises Throttled, and what is awaited what the function raises.
        """
        ...
