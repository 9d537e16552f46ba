"""One event of a WebSocket connection, and its answer's way to Lambda.

The answer to a handshake leaves when the connection is accepted, so that what the application sends
next can follow it at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_lambda.loops import RETURNED
from asgi_lambda.runtime.abroad import LoopAbroad
from asgi_lambda.runtime.delivery import Delivery
from asgi_lambda.runtime.marshal import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_lambda.adapter import Handler
    from asgi_lambda.loop_types import Loop
    from asgi_lambda.other_event import Other
    from asgi_lambda.runtime.api import Invocation, RuntimeAPI
    from asgi_lambda.runtime.connection import ReplyToCome


class WebSocketDelivery(Delivery):
    """The invocation ends when the adapter's rule says so, whenever its answer has left."""

    def __init__(self, handler: Handler, call: Other, event: Any) -> None:
        super().__init__(handler, event)
        self._other = call
        self._reply: ReplyToCome | None = None

    async def run(
        self, loop: Loop | LoopAbroad, api: RuntimeAPI, invocation: Invocation
    ) -> ReplyToCome | None:
        self._api, self._invocation = api, invocation
        send = loop.bring_home(self._send) if isinstance(loop, LoopAbroad) else self._send

        async def accept(rendered: Mapping[str, Any]) -> None:
            await send(to_json(rendered).encode())

        call: Any = self._other
        call.on_accept = accept
        ending = await self._unless_given_up(loop.call(call.main, call.patience))
        answer = self._handler._close_other(call, ending or RETURNED)
        if self._reply is None:
            await self._respond_with(to_json(answer).encode())
        api.ask(self._length)
        return self._reply

    def give_up(self, reason: str) -> None:
        # Its connections go on elsewhere.
        if self._given_up is None and self._task is not None:
            self._given_up = reason
            self._task.cancel()

    async def _send(self, body: bytes) -> None:
        # Once Lambda has it, API Gateway is about to open the connection.
        await (await self._respond_with(body))

    async def _respond_with(self, body: bytes) -> ReplyToCome:
        self._length = len(body)
        self._reply = await self._api.respond(self._invocation, body)
        return self._reply
