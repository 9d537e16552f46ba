"""One request whose response is one JSON document.

It leaves when it is complete, whatever the application does after.
"""

from __future__ import annotations

import asyncio
import logging
from functools import cache
from typing import TYPE_CHECKING, Final

from asgi_lambda.protocols.http import State
from asgi_lambda.runtime import prelude
from asgi_lambda.runtime.abroad import LoopAbroad
from asgi_lambda.runtime.delivery import Delivery
from asgi_lambda.runtime.marshal import encode_response
from asgi_lambda.runtime.settings import INVOKE_MODE

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_lambda.adapter import Handler
    from asgi_lambda.application import ApplicationCall
    from asgi_lambda.deadline import Patience
    from asgi_lambda.loop_types import Loop
    from asgi_lambda.loops import Ending
    from asgi_lambda.runtime.api import Invocation, RuntimeAPI
    from asgi_lambda.runtime.connection import ReplyToCome
    from asgi_lambda.sources.source import Source

logger = logging.getLogger("asgi_lambda")

# Parts of a body that say that it was to be streamed; many frameworks send two in any case.
_MANY: Final = 3


@cache
def _tell_of_streams() -> None:
    """Tell once of what is easily forgotten."""
    logger.info(
        "The application sends its response in parts, and they are collected; "
        "%s=RESPONSE_STREAM streams them, where the front door is configured for it",
        INVOKE_MODE,
    )


class BufferedDelivery(Delivery):
    """The response is collected. An error before it is complete becomes another one."""

    def __init__(self, handler: Handler, source: Source, call: ApplicationCall) -> None:
        super().__init__(handler, call.scope["aws.event"])
        self._source = source
        self._call = call
        self._body: tuple[bytes, ...] = ()
        # What hands it over where the application goes on, and the reply to come.
        self._soon: asyncio.Handle | None = None
        self._sending: asyncio.Task[None] | None = None
        self._reply: ReplyToCome | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}

    async def run(
        self, loop: Loop | LoopAbroad, api: RuntimeAPI, invocation: Invocation
    ) -> ReplyToCome | None:
        self._loop, self._api, self._invocation = loop, api, invocation
        self._prepare(self._call)
        patience = self._handler._patience(self._call.scope["aws.context"])
        self._watch(patience)
        try:
            ending = await self._unless_given_up(loop.call(self._call.main, patience))
        finally:
            for timer in self._timers.values():
                timer.cancel()
        try:
            return await self._finish(self._conclude(ending))
        finally:
            # Else the two hold each other, until Python looks for such pairs.
            self._call.write = None

    def give_up(self, reason: str) -> None:
        # It is told that nobody waits any more, and cancelled soon.
        task = self._task
        if self._given_up is None and task is not None:
            self._given_up = reason
            self._loop.soon(self._call.disconnect)
            self._after("cancel", self._notice, task.cancel)

    # Seconds from the one to the other.
    _notice = 0.0

    def _prepare(self, call: ApplicationCall) -> None:
        loop = self._loop
        call.write = loop.bring_home(self._write) if isinstance(loop, LoopAbroad) else self._write

    def _watch(self, patience: Patience | None) -> None:
        pass

    def _conclude(self, ending: Ending | None) -> int | None:
        call = self._call
        if ending is not None and (ending.expired or self._given_up is None):
            return self._handler._conclude(call, ending)
        call.log(logging.ERROR, f"was given up: {self._given_up}", call.error)
        return None if call.cycle.state is State.COMPLETE else 500

    async def _finish(self, status: int | None) -> ReplyToCome | None:
        if self._soon is not None:
            self._soon.cancel()
        if self._sending is not None:
            await self._sending
        if self._reply is None:
            self._body = self._body or self._render(status)
            await self._respond(last=True)
        else:
            self._api.ask(sum(map(len, self._body)))
        return self._reply

    async def _write(self, chunk: bytes) -> None:
        call = self._call
        call.chunks.append(chunk)
        if len(call.chunks) == _MANY and self._source.name in prelude.SOURCES:
            _tell_of_streams()
        # What may yet make the invocation fail does not leave before the application has ended.
        if call.cycle.state is State.COMPLETE and not self._may_fail(call.cycle.status):
            self._body = self._render(None)
            if self._api.results is not None:
                # Most applications return now: then the next invocation is asked for first.
                self._soon = asyncio.get_running_loop().call_soon(self._go_ahead)
            else:
                await self._respond()
                await self._api.drain()

    def _go_ahead(self) -> None:
        self._sending = asyncio.get_running_loop().create_task(self._respond())

    def _render(self, status: int | None) -> tuple[bytes, ...]:
        return encode_response(self._handler._render(self._source, self._call, status))

    async def _respond(self, *, last: bool = False) -> None:
        self._reply = await self._api.respond(self._invocation, *self._body, last=last)

    def _may_fail(self, status: int) -> bool:
        return status in self._handler._options.fail_on

    def _after(self, name: str, delay: float, callback: Callable[[], object]) -> None:
        if name in self._timers:
            self._timers[name].cancel()
        self._timers[name] = asyncio.get_running_loop().call_later(max(delay, 0), callback)
