"""Serves invocations until Lambda ends the environment: one at a time, or many on one event loop.

A Handler's requests run on the loop. Any other function is called as AWS's client calls it: on the
main thread while the loop stands still, so that it may run one of its own; in a thread where
several are under way.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda import loops, sources
from asgi_lambda.adapter import Handler
from asgi_lambda.runtime import marshal, prelude
from asgi_lambda.runtime.abroad import LoopAbroad
from asgi_lambda.runtime.api import Refused, RuntimeAPI
from asgi_lambda.runtime.buffered import BufferedDelivery
from asgi_lambda.runtime.connection import ConnectionLost, NoServer
from asgi_lambda.runtime.context import LambdaContext, enter
from asgi_lambda.runtime.delivery import Delivery
from asgi_lambda.runtime.errors import Fault
from asgi_lambda.runtime.poller import Poller, not_taken
from asgi_lambda.runtime.results import Results
from asgi_lambda.runtime.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from asgi_lambda.loop_types import KeptLoop, Loop
    from asgi_lambda.runtime.api import Invocation
    from asgi_lambda.runtime.logs import Log
    from asgi_lambda.runtime.settings import Settings

    Function = Callable[[Any, Any], Any]
    # The event, what a function made of it, or the error that it raised.
    Outcome = tuple[Any, Any, Exception | None]
    Call = Callable[[], Outcome]

logger = logging.getLogger("asgi_lambda")

_ENDED: Final = "the execution environment was shut down before the function had ended"


class Service:
    """The function of this process.

    ends: to be called once this answer is delivered, to end the process. stopping: no further
    invocation is asked for. in_function: the main thread is in it. lost: why nobody is served.
    """

    def __init__(
        self, function: Function, kept: KeptLoop, address: str, settings: Settings, log: Log
    ) -> None:
        self.stopping = self.in_function = False
        self.ends: Sequence[Callable[[], object]] = ()
        self._run = functools.partial(run_on, kept)
        self.lost: Exception | None = None
        self._function, self._settings = function, settings
        self._handler = function if isinstance(function, Handler) else None
        self._loop: Loop | LoopAbroad = kept
        if self._handler is not None and self._handler._loops is not loops.backend("asyncio"):
            self._loop = LoopAbroad(self._handler._loops.kept())
        many = settings.concurrency is not None
        self._results = Results(address)
        results = self._results if settings.pipelines else None
        count = settings.concurrency or 1
        apis = (RuntimeAPI(address, self._lose, results, self._goes_on) for _ in range(count))
        self._pollers = [Poller(api, log, streams=settings.streams, patient=many) for api in apis]
        self.threads = Threads(count)
        self._waiting: set[asyncio.Task[Any]] = set()
        self._deliveries: set[Delivery] = set()

    def serve(self) -> None:
        """Serve until `stop`. Raises ConnectionLost and Refused, and what ends a process."""
        if self._settings.concurrency is None:
            self._serve_alone(self._pollers[0])
        else:
            self._run(self._serve_many())
        for end in self.ends:
            end()
        if self.lost is not None:
            raise self.lost

    def stop(self) -> None:
        """Ask for no further invocation; on the loop, as all below."""
        self.stopping = True
        for task in self._waiting:
            task.cancel()

    def _goes_on(self) -> bool:
        return not self.stopping and not self.ends

    def give_up(self) -> None:
        """End what is still under way."""
        for delivery in self._deliveries:
            delivery.give_up(_ENDED)
        self.threads.give_up()

    def _lose(self, error: Exception) -> None:
        self.lost = error
        self.stop()
        self.give_up()

    def _serve_alone(self, poller: Poller) -> None:
        while (due := self._run(self._serve_requests(poller))) is not None:
            invocation, call = due
            # What the task had is not seen from here.
            enter(invocation.headers, alone=True)
            self.in_function = True
            outcome = call()
            self.in_function = False
            self._run(self._report(poller, invocation, outcome))

    async def _serve_requests(self, poller: Poller) -> tuple[Invocation, Call] | None:
        """Serve one request after the other, up to an invocation that calls the function."""
        while (invocation := await self._next(poller)) is not None:
            enter(invocation.headers, alone=True)
            started = self._begin(invocation)
            if not isinstance(started, Delivery):
                return invocation, started
            await self._deliver(started, poller, invocation)
        return None

    async def _serve_many(self) -> None:
        async with asyncio.TaskGroup() as group:
            for poller in self._pollers:
                group.create_task(self._poll(poller))
        await self._results.close()

    async def _poll(self, poller: Poller) -> None:
        try:
            while await self._serve_next(poller):
                pass
        except (ConnectionLost, Refused) as error:
            self._lose(error)

    async def _serve_next(self, poller: Poller) -> bool:
        """Serve one invocation; whether there was another one. Of each, nothing stays behind."""
        invocation = await self._next(poller)
        if invocation is None:
            return False
        enter(invocation.headers, alone=False)
        started = self._begin(invocation)
        try:
            if isinstance(started, Delivery):
                await self._deliver(started, poller, invocation)
            else:
                await self._report(poller, invocation, await self._outcome(started))
        except ConnectionLost as error:
            if isinstance(error, NoServer):
                raise
            not_taken(invocation, error)
        return True

    async def _next(self, poller: Poller) -> Invocation | None:
        """The next invocation, None where it was to be the last one."""
        task = asyncio.current_task()
        assert task is not None
        if self.ends:
            self.stop()
        if self.stopping:
            poller.api.close()  # it may have asked
            return None
        self._waiting.add(task)
        try:
            return await poller.next()
        except asyncio.CancelledError:
            if not self.stopping:
                raise
            task.uncancel()
            return None
        finally:
            self._waiting.discard(task)

    def _begin(self, invocation: Invocation) -> Delivery | Call:
        """A request on its way to the application; else a call of the function, to be made."""
        event = None
        try:
            context = LambdaContext(invocation.headers)
            event, invocation.body = marshal.decode(invocation.body), b""  # it may be large
            delivery = self._delivery(event, context)
        except Exception as error:
            failed = event, None, error
            return lambda: failed
        return delivery or functools.partial(self._call, event, context)

    def _delivery(self, event: Any, context: LambdaContext) -> Delivery | None:
        handler, settings = self._handler, self._settings
        source = None if handler is None else sources.detect(event)
        if handler is None or source is None:
            return None
        if source.is_websocket:
            # Most functions never see such an event.
            from asgi_lambda.runtime.websocket import WebSocketDelivery

            return WebSocketDelivery(handler, handler._open_other(source, event, context), event)
        call = handler._open(source, event, context)
        if settings.streams and source.name in prelude.SOURCES:
            # Most functions do not stream.
            from asgi_lambda.runtime.streamed import StreamedDelivery

            return StreamedDelivery(handler, source, call, settings.idle)
        return BufferedDelivery(handler, source, call)

    async def _deliver(self, delivery: Delivery, poller: Poller, invocation: Invocation) -> None:
        self._deliveries.add(delivery)
        try:
            reply = await delivery.run(self._loop, poller.api, invocation)
        except (ConnectionLost, Refused):
            raise
        except Exception as error:
            await poller.fail(invocation, error)
        else:
            await poller.settle(invocation, delivery.event, reply)
        finally:
            self._deliveries.discard(delivery)

    def _call(self, event: Any, context: LambdaContext) -> Outcome:
        try:
            return event, self._function(event, context), None
        except Exception as error:
            return event, None, error

    async def _outcome(self, call: Call) -> Outcome:
        try:
            return await self.threads.run(call)
        except Fault as fault:
            return None, None, fault

    async def _report(self, poller: Poller, invocation: Invocation, outcome: Outcome) -> None:
        event, result, error = outcome
        if error is None:
            await poller.succeed(invocation, event, result)
        else:
            await poller.fail(invocation, error)


def run_on(kept: KeptLoop, coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine on a loop that stands still."""
    result = None

    async def main(_: Loop) -> None:
        nonlocal result
        result = await coroutine

    kept.run(main, None)
    return result
