"""Lambda's Runtime API, as one execution environment sees it.

Knows no process. Source: the Lambda guide, "Using the Lambda runtime API for custom runtimes" and
"Lambda Extensions API".
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.errors import AsgiLambdaError
from asgi_lambda.local.context import Context
from asgi_lambda.local.endpoint import Endpoint
from asgi_lambda.runtime.api import ERROR_TYPE, RUNTIME
from asgi_lambda.sources.source import LAMBDA_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.channel import Sink
    from asgi_lambda.local.endpoint import Asked, Reply

_ACCEPTED: Final[Reply] = (202, {}, b'{"status":"OK"}')


class FunctionFailed(AsgiLambdaError):
    """The runtime has reported an error of the function; says its type and its message."""


class Invocation:
    """The one that is under way. result: what the function returned, None where it was streamed."""

    def __init__(self, sink: Sink | None) -> None:
        self.sink = sink
        self.result: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        # An error that comes too late for anybody is no mistake of ours.
        self.result.add_done_callback(asyncio.Future.exception)

    def settle(self, result: Any) -> None:
        if not self.result.done():
            self.result.set_result(result)

    def fail(self, error: Exception) -> None:
        if not self.result.done():
            self.result.set_exception(error)


class RuntimeAPI:
    """The calls of one runtime, which has one invocation at a time.

    waits: set while it waits for an event; on_wait is called then. init_error: what it has reported
    in place of that.
    """

    def __init__(self, on_wait: Callable[[], object]) -> None:
        self.waits = asyncio.Event()
        self.init_error: FunctionFailed | None = None
        self.endpoint = Endpoint(self._answer)
        self._on_wait = on_wait
        self._events: asyncio.Queue[tuple[Mapping[str, str], bytes]] = asyncio.Queue()
        self._invocation: Invocation | None = None

    def give(
        self, event: Event, request_id: str, seconds: float, sink: Sink | None
    ) -> asyncio.Future[Any]:
        """Have it take an event; what the function will return, None where it goes to the sink.

        seconds: until the deadline. What is awaited raises FunctionFailed.
        """
        self.waits.clear()
        invocation = self._invocation = Invocation(sink)
        self._events.put_nowait((_fields(request_id, seconds), json.dumps(event).encode()))
        return invocation.result

    async def _answer(self, asked: Asked) -> Reply:
        """The reply to a call of the Runtime API, or of the one for extensions."""
        match asked.path.removeprefix(RUNTIME).split("/")[1:]:
            case ["invocation", "next"]:
                return await self._next(asked)
            case ["invocation", _, "response"]:
                return await self._respond(asked)
            case ["invocation" | "init" as which, *_, "error"]:
                self._fail(which, json.loads(await asked.body()))
                return _ACCEPTED
            case [*_, "register"]:
                await asked.body()
                return 200, {"Lambda-Extension-Identifier": "local"}, b"{}"
        await asked.body()
        while True:  # it is the next event of an extension, and there never is one
            await asyncio.Event().wait()

    async def _next(self, asked: Asked) -> Reply:
        await asked.body()
        self.waits.set()
        self._on_wait()
        fields, event = await self._events.get()
        return 200, fields, event

    async def _respond(self, asked: Asked) -> Reply:
        invocation = self._invocation
        assert invocation is not None
        streamed = "lambda-runtime-function-response-mode" in asked.headers
        if streamed and invocation.sink is not None:
            await invocation.sink.begin(asked.headers["content-type"])
            async for part in asked.parts():
                if not await invocation.sink.write(part):
                    return 413, {}, b""
            await invocation.sink.end(asked.trailers.get(ERROR_TYPE.lower(), ""))
            invocation.settle(None)
            return _ACCEPTED
        body = await asked.body()
        if len(body) > LAMBDA_LIMIT:
            return 413, {}, b""
        invocation.settle(_decoded(body))
        return _ACCEPTED

    def _fail(self, which: str, report: Mapping[str, Any]) -> None:
        error = FunctionFailed(f"{report['errorType']}: {report['errorMessage']}")
        if which == "init":
            self.init_error = error
        else:
            assert self._invocation is not None
            self._invocation.fail(error)


def _fields(request_id: str, seconds: float) -> dict[str, str]:
    """What comes with an event."""
    return {
        "Content-Type": "application/json",
        "Lambda-Runtime-Aws-Request-Id": request_id,
        "Lambda-Runtime-Deadline-Ms": str(int((time.time() + seconds) * 1000)),
        "Lambda-Runtime-Invoked-Function-Arn": Context().invoked_function_arn,
    }


def _decoded(body: bytes) -> Any:
    """The JSON of a response, or the bytes, which no front door takes."""
    try:
        return json.loads(body)
    except ValueError:
        return body
