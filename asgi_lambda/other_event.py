"""Events that are no HTTP request: those of connections, and what `on_event` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from asgi_lambda import sources
from asgi_lambda.deadline import patience
from asgi_lambda.options import is_async

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_lambda.adapter import Handler
    from asgi_lambda.deadline import Patience
    from asgi_lambda.lambda_types import LambdaContext
    from asgi_lambda.lifespan import Lifespan
    from asgi_lambda.loop_types import Loop
    from asgi_lambda.loops import Ending
    from asgi_lambda.sources.source import Source
    from asgi_lambda.websocket.call import WebSocketCall

    # The two have the same methods.
    Other: TypeAlias = "OtherEvent | WebSocketCall"


def open_other(
    handler: Handler, source: Source | None, event: Any, context: LambdaContext | None
) -> Other:
    """The call for an event of a handler. Raises UnsupportedEvent."""
    options = handler._options
    if source is not None:
        from asgi_lambda.websocket.call import WebSocketCall
        from asgi_lambda.websocket.common import Common

        handler._websockets = handler._websockets or Common(
            handler._application,
            handler._lifespan,
            handler._versions,
            options,
            handler._abandoned,
        )
        return WebSocketCall(handler._websockets, event, context, handler._patience(context))
    if options.on_event is None:
        raise sources.unsupported(event)
    wait = patience(context, None, options.deadline_margin)
    return OtherEvent(options.on_event, event, context, handler._lifespan, wait)


class OtherEvent:
    """A call of `on_event(event, context)`, after the startup of the application.

    An async function runs on the loop, a plain one when the loop stands still again: it may want to
    run one of its own.
    """

    __slots__ = ("_arguments", "_function", "_is_async", "_lifespan", "_result", "patience")

    def __init__(
        self,
        function: Callable[..., Any],
        event: Any,
        context: LambdaContext | None,
        lifespan: Lifespan,
        patience: Patience | None,
    ) -> None:
        self.patience = patience
        self._function = function
        self._is_async = is_async(function)
        self._arguments = event, context
        self._lifespan = lifespan
        self._result: Any = None

    async def main(self, loop: Loop) -> None:
        """Start the application, and run an async function.

        Raises LifespanFailed, and what the function raises.
        """
        await self._lifespan.startup(loop)
        if self._is_async:
            self._result = await self._function(*self._arguments)

    def answer(self, ending: Ending) -> Any:
        """The result of the function. Raises what it raised, so that Lambda tries again.

        Raises TimeoutError where it was still running at the deadline.
        """
        if ending.expired:
            raise TimeoutError(f"on_event was still running at the deadline, at:\n{ending.stacks}")
        if ending.cancelled is not None:
            raise RuntimeError("on_event cancelled itself") from ending.cancelled
        return self._result if self._is_async else self._function(*self._arguments)
