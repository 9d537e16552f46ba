"""The execution environments of a function, each a process: to find at home what depends on them.

Takes the place of a `Function`. One invocation at a time in each, as on Lambda.
"""

from __future__ import annotations

import asyncio
import platform
import sys
from typing import TYPE_CHECKING, Any, Final, TypedDict

from asgi_lambda.errors import ConfigurationError
from asgi_lambda.local.environment_process import INIT_LIMIT, Environment
from asgi_lambda.local.exchange import current
from asgi_lambda.local.function import FunctionExited, FunctionTimedOut
from asgi_lambda.local.runtime_api import FunctionFailed
from asgi_lambda.local.throttle import Throttled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Unpack

    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.channel import Sink

# Errors that say all there is to say.
TOLD: Final = (FunctionExited, FunctionFailed, FunctionTimedOut)
# How many a new AWS account may have at the same time.
_MOST: Final = 10
# Seconds that one may work behind an answer before another one begins in its place.
_PATIENCE: Final = 1.0
# What Lambda tells the function about itself.
_VARIABLES: Final = {
    "AWS_LAMBDA_FUNCTION_NAME": "local",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/local",
    "AWS_LAMBDA_LOG_STREAM_NAME": "local",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
}


class Chaos(TypedDict, total=False):
    """How environments come and go; each can be left out.

    timeout: of the function (s), 30. concurrency: how many there may be, 10. spread: let as many
    begin as there may be, and have them take turns; else the one that is free is used again.
    cold_start: each serves one invocation. freeze: they stand still in between. variables: of their
    process environment. write: takes lines of the log.
    """

    timeout: float
    concurrency: int
    spread: bool
    cold_start: bool
    freeze: bool
    variables: Mapping[str, str]
    write: Callable[[str], object]


class Environments:
    """Those of the function that TARGET names.

    all: those there are, the one that was used last at the end. handler: none that could be looked
    into. Raises ConfigurationError.
    """

    handler: Final = None

    def __init__(self, target: str, **settings: Unpack[Chaos]) -> None:
        self.timeout = settings.get("timeout", 30.0)
        self.all: list[Environment] = []
        self._target = target
        self._most = settings.get("concurrency", _MOST)
        if self._most < 1:
            raise ConfigurationError(f"concurrency: expected 1 at least, got {self._most}")
        self._spreads = settings.get("spread", False)
        self._cold = settings.get("cold_start", False)
        self._freezes = settings.get("freeze", False)
        self._write = settings.get("write", _print)
        self._variables = {**_VARIABLES, "_HANDLER": target, **settings.get("variables", {})}
        self._began = 0
        # Those with an invocation that is not answered, and invocations that have none yet.
        self._busy: set[Environment] = set()
        self._pending = 0
        self._ending: set[asyncio.Task[None]] = set()

    async def startup(self) -> None:
        """Start a first one. Raises FunctionFailed."""
        environment = self._begin()
        await self._start(environment)
        self._busy.discard(environment)

    async def shutdown(self) -> None:
        """End them all."""
        await asyncio.gather(*(each.stop() for each in self.all), *self._ending)
        self.all.clear()

    def invoke(self, event: Event, request_id: str, sink: Sink | None = None) -> Awaitable[Any]:
        """What becomes the Lambda response, None where it went to the sink.

        Raises Throttled, and what is awaited FunctionFailed, FunctionExited and FunctionTimedOut.
        """
        if len(self._busy) + self._pending >= self._most:
            raise Throttled(f"expected at most {self._most} invocations at a time, got another")
        self._pending += 1
        return self._invoke(event, request_id, sink)

    async def _invoke(self, event: Event, request_id: str, sink: Sink | None) -> Any:
        try:
            environment = await self._claim()
        finally:
            self._pending -= 1
        if environment.init is None:
            await self._start(environment)
        exchange = current.get()
        if exchange is not None:
            exchange.environment = environment.number
            exchange.init = None if environment.used else environment.init
            exchange.begin()
        try:
            return await environment.invoke(event, request_id, self.timeout, sink)
        finally:
            if exchange is not None:
                exchange.memory = environment.peak_memory()
            self._leave(environment)

    async def _claim(self) -> Environment:
        """One that waits for an event, or is yet to be started; it is busy from now on."""
        patience = _PATIENCE
        while True:
            for each in self.all:
                if not each.alive and each not in self._busy:
                    self._leave(each)
            free = [
                each
                for each in self.all
                if each.alive and each not in self._busy and not (self._cold and each.used)
            ]
            waiting = [each for each in free if not each.works]
            room = len(free) + len(self._busy) < self._most
            spread = self._spreads and room and not any(not each.used for each in waiting)
            if waiting and not spread:
                self.all.remove(waiting[0])
                self.all.append(waiting[0])
                self._busy.add(waiting[0])
                return waiting[0]
            if room and (spread or not free or not patience):
                return self._begin()
            # They still work behind their answers, which usually takes a moment.
            rests = [asyncio.create_task(each.rest()) for each in free]
            done, _ = await asyncio.wait(
                rests, timeout=patience if room else None, return_when=asyncio.FIRST_COMPLETED
            )
            for rest in rests:
                rest.cancel()
            patience = patience if done else 0

    def _leave(self, environment: Environment) -> None:
        """It has answered, or is dead."""
        self._busy.discard(environment)
        task = asyncio.create_task(self._follow(environment))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _follow(self, environment: Environment) -> None:
        """See to its end behind an answer, where that is due."""
        await environment.rest()
        if self._cold or not environment.alive:
            await self._end(environment)

    def _begin(self) -> Environment:
        self._began += 1
        environment = Environment(
            self._began,
            [sys.executable, "-m", "asgi_lambda.runtime", self._target],
            self._variables,
            self._freezes,
            self._write,
        )
        self.all.append(environment)
        self._busy.add(environment)
        return environment

    async def _start(self, environment: Environment) -> None:
        which = f"\tEnvironment: {environment.number}"
        self._write(f"INIT_START Runtime Version: python:{platform.python_version()}{which}\n")
        try:
            await environment.start(INIT_LIMIT + self.timeout)
        except BaseException:
            await self._end(environment)
            raise
        init = f"{(environment.init or 0) * 1000:.2f} ms"
        self._write(f"INIT_REPORT Init Duration: {init}\tPhase: init{which}\n")

    async def _end(self, environment: Environment) -> None:
        self._busy.discard(environment)
        self.all = [each for each in self.all if each is not environment]
        await environment.stop()


def _print(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
