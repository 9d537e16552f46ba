"""`Gateway`: a Lambda function behind a front door, as an ASGI application.

request -> event -> function -> Lambda response -> answer; each step as strictly as AWS has it. A
front door that streams passes the last two on as they come.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from asgi_lambda.local.asgi import request_of, send_answer
from asgi_lambda.local.environments import TOLD, Environments
from asgi_lambda.local.events import WEBSOCKET
from asgi_lambda.local.exchange import Exchange, current
from asgi_lambda.local.front_door import applicable, set_up
from asgi_lambda.local.function import Function
from asgi_lambda.local.refusal import Cause, Refused
from asgi_lambda.local.streamed_answer import Interrupted, StreamedAnswer
from asgi_lambda.local.target import as_function
from asgi_lambda.local.throttle import Throttle, Throttled
from asgi_lambda.local.websocket_gateway import WebSockets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from typing import Unpack

    from asgi_lambda.asgi_types import Receive, Scope, Send
    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.answer import Answer
    from asgi_lambda.local.channel import Sink
    from asgi_lambda.local.environment import Environment
    from asgi_lambda.local.exchange import Observer
    from asgi_lambda.local.front_door import FrontDoor, Settings
    from asgi_lambda.local.request import Request

logger = logging.getLogger("asgi_lambda")


class Gateway:
    """A function behind a front door, for an ASGI server, or for tests without one.

    handler: what `adapt` made, a bare ASGI application, any function of (event, context), or the
    environments of one. source: the front door, by the name that the command line has. observers:
    are told of every exchange.
    Raises ConfigurationError for settings that the front door does not have.
    """

    def __init__(
        self,
        handler: Callable[..., Any] | Environments,
        source: str = "http-api",
        *,
        observers: Iterable[Observer] = (),
        **settings: Unpack[Settings],
    ) -> None:
        self.door = set_up(source, settings)
        self._settings = settings
        self.observers = list(observers)
        # Where invocations go, at home one environment.
        self.function: Environment = (
            handler
            if isinstance(handler, Environments)
            else Function(as_function(handler), settings.get("timeout", 30.0))
        )
        rate = settings.get("throttle")
        self._throttle = None if rate is None else Throttle(rate)
        self.sockets = WebSockets(self, settings) if source == WEBSOCKET else None
        # Invocations that their client no longer waits for.
        self._late: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a lifespan, a request, or a WebSocket, which most front doors refuse."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self.sockets is not None:
            await self.sockets(scope, receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        began = time.perf_counter()
        try:
            await self.function.startup()
        except Exception as error:
            logger.error("The application could not start up", exc_info=error)
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        for observer in self.observers:
            observer.started(time.perf_counter() - began)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.function.shutdown()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = self.open(self.door, request_of(scope))
        try:
            body = await self._body(receive)
        except Refused as refused:
            await send_answer(
                self.close(exchange, self._refuse(self.door, exchange, refused)), send
            )
            return
        if body is not None:  # else the client left before its request was complete
            exchange.request.body = body
            await self.answer(self.door, exchange, send)

    def door_of(self, source: str) -> FrontDoor:
        """The front door of this name, with those of our settings that it has.

        Raises ConfigurationError.
        """
        return set_up(source, applicable(source, self._settings))

    def open(self, door: FrontDoor, request: Request) -> Exchange:
        """The exchange that a request begins; its body may come later."""
        exchange = Exchange(door.source, request, self.observers)
        for observer in self.observers:
            observer.arrived(exchange)
        return exchange

    async def answer(self, door: FrontDoor, exchange: Exchange, send: Send | None = None) -> Answer:
        """The answer to its request, which is complete, through a front door.

        send: takes it too, as messages of ASGI. Raises Interrupted where it was a stream that broke
        off, and somebody took it.
        """
        streamed = StreamedAnswer(door, exchange, send) if door.streams else None
        try:
            answer = await self._answer(door, exchange, streamed)
        except Refused as refused:
            answer = self._refuse(door, exchange, refused)
        self.close(exchange, answer)
        if send is not None and (streamed is None or streamed.answer is None):
            await send_answer(answer, send)
        elif send is not None and exchange.reason:
            raise Interrupted(exchange.reason)
        return answer

    def _refuse(self, door: FrontDoor, exchange: Exchange, refused: Refused) -> Answer:
        """The front door's own answer, and why."""
        answer = door.refuse(refused.cause)
        exchange.reason = str(refused)
        fault = refused.cause in (Cause.FAILED, Cause.BASE64)
        level = logging.ERROR if fault else logging.WARNING
        logger.log(level, "The front door answers %d: %s", answer.status, refused)
        return answer

    def close(self, exchange: Exchange, answer: Answer) -> Answer:
        """End an exchange with the answer that its client gets."""
        exchange.answer = answer
        exchange.answered = time.perf_counter()
        for observer in self.observers:
            observer.answered(exchange)
        return answer

    async def _body(self, receive: Receive) -> bytes | None:
        """The body, None where the client left. Raises Refused as soon as it is too large."""
        chunks: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            self.door.check_body(size)
            more = message.get("more_body", False)
        return b"".join(chunks)

    async def _answer(
        self, door: FrontDoor, exchange: Exchange, streamed: StreamedAnswer | None
    ) -> Answer:
        """As `answer`, but raises Refused."""
        request = exchange.request
        request.path = door.behind_prefix(request.path)
        event = exchange.event = door.event(request)
        request_id = door.request_id(event)
        try:
            call = self._call(exchange, event, streamed)
        except Throttled as throttled:
            raise Refused(Cause.THROTTLED, str(throttled)) from throttled
        task = asyncio.create_task(self._run(exchange, call))
        if streamed is None:
            await asyncio.wait({task}, timeout=door.patience)
        else:
            streamed.request_id = request_id
            await streamed.wait(task)
        if not task.done():
            self._late.add(task)
            task.add_done_callback(self._late.discard)
        error = exchange.error
        failed = "" if error is None else f"the function raised {type(error).__name__}"
        if streamed is not None and (answer := streamed.result(failed)) is not None:
            return self._passed_on(exchange, answer, streamed.broken)
        if not task.done():
            raise Refused(Cause.PATIENCE, f"expected a response within {door.patience} s")
        if failed:
            raise Refused(Cause.FAILED, failed)
        if streamed is not None:
            logger.warning("The function returned its response, and did not stream it")
            return door.read_unstreamed(exchange.response, request_id)
        return door.read(exchange.response, request, request_id)

    def _passed_on(self, exchange: Exchange, answer: Answer, broken: str) -> Answer:
        exchange.reason = broken
        if broken:
            logger.error("The front door cuts its client off: %s", broken)
        return answer

    def _call(self, exchange: Exchange, event: Event, sink: Sink | None = None) -> Awaitable[Any]:
        """What is to be awaited of the function. Raises Throttled."""
        if self._throttle is not None:
            self._throttle.admit()
        return self.function.invoke(event, exchange.id, sink)

    async def invoke(self, exchange: Exchange, event: Event) -> None:
        """Run the function; what it returns or raises is in the exchange."""
        try:
            call = self._call(exchange, event)
        except Throttled as throttled:
            exchange.error = throttled
        else:
            await self._run(exchange, call)

    async def _run(self, exchange: Exchange, call: Awaitable[Any]) -> None:
        current.set(exchange)
        if not isinstance(self.function, Environments):
            exchange.begin()
        try:
            exchange.response = await call
        except Exception as error:
            exchange.error = error
            # Of what an environment tells our own traceback would say nothing.
            trace = None if isinstance(error, TOLD) else error
            logger.error("The function failed: %s", error, exc_info=trace)
        if exchange.invoked is None:  # no environment has come about for it
            exchange.begin()
        exchange.returned = time.perf_counter()
        for observer in self.observers:
            observer.returned(exchange)
