"""Responses that the runtime streams, in the process of the gateway: without a Runtime API."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from asgi_lambda import loops, sources
from asgi_lambda.runtime import prelude
from asgi_lambda.runtime.abroad import LoopAbroad
from asgi_lambda.runtime.api import ERROR_TYPE, Invocation
from asgi_lambda.runtime.replies import Reply
from asgi_lambda.runtime.settings import Settings
from asgi_lambda.runtime.streamed import StreamedDelivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_lambda.adapter import Handler
    from asgi_lambda.lambda_types import Event, LambdaContext
    from asgi_lambda.loop_types import Loop


class Sink(Protocol):
    """Where a streamed response goes."""

    async def begin(self, content_type: str) -> None:
        """There is one."""
        ...

    async def write(self, data: bytes) -> bool:
        """Its next part; whether more is taken. Waits until that is so."""
        ...

    async def end(self, error: str = "") -> None:
        """Its end; error: the type of the one that ended it early, else ""."""
        ...


class Channel:
    """One response on its way to a sink, with the methods of `RuntimeAPI` and of its `Stream`."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._last: tuple[bytes, str] | None = None

    async def stream(
        self, invocation: Invocation, content_type: str, *body: bytes, whole: bool = False
    ) -> Channel:
        await self._sink.begin(content_type)
        for part in body:
            await self.write(part)
        if whole:
            self.end()
            await self.drain()
        return self

    def when_over(self, callback: Callable[[], object]) -> None:
        self._reply.add_done_callback(lambda _: callback())

    async def write(self, data: bytes) -> None:
        if not self._reply.done() and not await self._sink.write(data):
            self._reply.set_result(Reply(413, {}, reusable=False))

    def end(self, data: bytes = b"", trailers: Iterable[tuple[str, str]] = ()) -> None:
        self._last = data, dict(trailers).get(ERROR_TYPE, "")

    async def drain(self) -> None:
        if self._last is None or self._reply.done():
            return
        (data, error), self._last = self._last, None
        await self.write(data)
        if not self._reply.done():
            await self._sink.end(error)
            self._reply.set_result(Reply(202, {}, reusable=False))

    def reply(self) -> asyncio.Future[Reply]:
        return self._reply


async def stream(handler: Handler, event: Event, context: LambdaContext, sink: Sink) -> None:
    """Serve one request of a front door, whose response goes to the sink as it comes.

    Raises what fails the invocation, and LoopError where the application lives on a loop that
    stands still here.
    """
    source = sources.detect(event)
    assert source is not None
    call = handler._open(source, event, context)
    loop: Loop | LoopAbroad
    if handler._loops is loops.backend("asyncio"):
        loop = handler._loops.running()
    else:
        loop = LoopAbroad(handler._loops.kept())
    invocation = Invocation({"lambda-runtime-aws-request-id": context.aws_request_id}, b"")
    api: Any = Channel(sink)  # which has what a delivery needs of one
    await StreamedDelivery(handler, source, call, Settings().idle).run(loop, api, invocation)


async def stream_whole(response: Any, sink: Sink) -> Any:
    """As the runtime streams what a decorated handler returned; else the response itself."""
    if not prelude.is_response(response):
        return response
    await sink.begin(prelude.CONTENT_TYPE)
    await sink.write(prelude.whole(response))
    await sink.end()
    return None
