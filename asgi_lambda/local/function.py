"""A Lambda function on the loop of a server: its startup, and invocations with a deadline.

A Handler is awaited, many at once. Any other callable has a thread, as it has an execution
environment on Lambda: one call at a time, and a new thread after a call that ran out of time.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from concurrent.futures import Future
from contextvars import copy_context
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from asgi_lambda.adapter import Handler
from asgi_lambda.errors import AsgiLambdaError, LoopError
from asgi_lambda.local.channel import stream, stream_whole
from asgi_lambda.local.context import Context
from asgi_lambda.local.target import handler_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.channel import Sink


class FunctionTimedOut(AsgiLambdaError):
    """An invocation took as long as the function's timeout, at which Lambda ends it."""


class FunctionExited(AsgiLambdaError):
    """The function ended its process, or would have done so."""


class Function:
    """A handler, with a function's timeout (s)."""

    def __init__(self, handler: Callable[[Any, Any], Any], timeout: float) -> None:
        self.timeout = timeout
        self.handler = handler
        # Whom the server's loop awaits, and whose responses can be streamed as they come.
        self._awaited: Handler | None = handler if isinstance(handler, Handler) else None
        self._streamed = self._awaited
        self._lifespan: AbstractAsyncContextManager[Handler] | None = None
        self._turn = asyncio.Lock()
        self._left: set[asyncio.Future[Any]] = set()
        self._worker: Worker | None = None

    async def startup(self) -> None:
        """Start the application up, as Lambda does before the first event.

        Raises LifespanFailed.
        """
        if self._awaited is not None:
            try:
                self._lifespan = self._awaited.lifespan()
                await self._lifespan.__aenter__()
            except LoopError:
                self._lifespan = self._awaited = None
        inner = handler_in(self.handler)
        if self._awaited is None and inner is not None:
            await self._in_thread(inner.startup)

    async def shutdown(self) -> None:
        """Shut it down; on the task of the startup."""
        inner = handler_in(self.handler)
        if self._lifespan is not None:
            await self._lifespan.__aexit__(None, None, None)
        elif self._awaited is None and inner is not None:
            await self._in_thread(inner.shutdown)
        self._retire()

    async def invoke(self, event: Event, request_id: str, sink: Sink | None = None) -> Any:
        """The Lambda response, None where it went to the sink.

        Raises what the handler raises, FunctionTimedOut and FunctionExited.
        """
        try:
            if sink is not None and self._streamed is not None:
                call = stream(self._streamed, event, self._context(request_id), sink)
                return await self._in_time(call)
            if sink is None and self._awaited is not None:
                return await self._in_time(self._awaited.invoke(event, self._context(request_id)))
        except LoopError:
            # Its application belongs to a loop of its own, as one for trio does.
            self._awaited = self._streamed = None
        async with self._turn:
            context = self._context(request_id)
            response = await self._in_time(self._in_thread(self.handler, event, context))
        if sink is None or handler_in(self.handler) is None:
            return response
        return await stream_whole(response, sink)

    def _context(self, request_id: str) -> Context:
        return Context(timeout=self.timeout, request_id=request_id)

    async def _in_time(self, call: Awaitable[Any]) -> Any:
        task = asyncio.ensure_future(call)
        await asyncio.wait({task}, timeout=self.timeout)
        if task.done():
            return task.result()
        task.cancel()
        # It may take its time, and a loop holds its tasks only weakly.
        self._left.add(task)
        task.add_done_callback(self._left.discard)
        self._retire()
        raise FunctionTimedOut(f"Task timed out after {self.timeout:.2f} seconds")

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        if self._worker is None:
            self._worker = Worker()
        call = self._worker.submit(copy_context().run, function, *arguments)
        try:
            return await asyncio.wrap_future(call)
        except SystemExit as exit:
            self._retire()
            raise FunctionExited(f"Runtime exited, status {exit.code}") from exit

    def _retire(self) -> None:
        """Let the thread end with its call; the next one gets another."""
        if self._worker is not None:
            self._worker.retire()
            self._worker = None


class Worker:
    """A thread that makes one call after the other; the process does not wait for it.

    retire: ends the thread after the call that it makes, which happens too once nobody has the
    worker any more.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.retire = weakref.finalize(self, self._calls.put, None)
        threading.Thread(
            target=_work, args=(self._calls,), name="asgi-lambda-function", daemon=True
        ).start()

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """What a call will return or raise."""
        future: Future[Any] = Future()

        def call() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(function(*arguments))
                except BaseException as error:  # for whoever waits for it
                    future.set_exception(error)

        self._calls.put(call)
        return future


def _work(calls: SimpleQueue[Callable[[], None] | None]) -> None:
    # Handlers written for Lambda's main thread rely on its event loop.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    while (call := calls.get()) is not None:
        call()
        del call  # it holds an event, a response, and perhaps a traceback
    loop.close()
