"""One lifespan of an application: a task that lasts from startup to shutdown, on one loop."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda import environment
from asgi_lambda.errors import LifespanFailed, LoopError
from asgi_lambda.protocols.lifespan import LifespanCycle, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_lambda.asgi_types import ASGI3Application, LifespanReceived, LifespanScope, Message
    from asgi_lambda.loops import Event, Loop

logger = logging.getLogger("asgi_lambda")

SPEC_VERSION: Final = "2.0"


class Lifespan:
    """Startup once, shutdown once, and `state`, which the application fills at startup.

    mode: "auto" takes an application without a lifespan as it is, "on" does not, "off" asks nothing.
    """

    __slots__ = ("_application", "_mode", "_run", "_version", "state")

    def __init__(self, application: ASGI3Application, mode: str, version: str) -> None:
        self.state: dict[str, Any] = {}
        self._application = application
        self._mode = mode
        self._version = version
        self._run: _Run | None = None

    def ready(self, loop: Loop) -> bool:
        """Whether requests on `loop` need no startup.

        Raises LoopError where the application was started on another loop that still lives: its
        connections and locks belong there.
        """
        run = self._run
        if run is None:
            return self._mode == "off"
        if (
            run.loop is not loop
            and not run.loop.same(loop)
            and run.cycle.state is not State.UNSUPPORTED
        ):
            if run.loop.closed:
                self._run = None
                return False
            raise LoopError(
                "expected the event loop on which the application was started, got another; "
                "use: await handler.invoke(event, context), on the loop of the startup"
            )
        return run.judged

    async def startup(self, loop: Loop) -> None:
        """Start the application on `loop`, or wait until whoever does so has done it.

        Raises LifespanFailed.
        """
        if self.ready(loop):
            return
        run = self._run
        if run is None:
            self.state.clear()
            scope: LifespanScope = {
                "type": "lifespan",
                "asgi": {"version": self._version, "spec_version": SPEC_VERSION},
                "state": self.state,
            }
            run = self._run = _Run(self._application, scope, loop)
        await run.settled.wait()
        if not run.judged:
            self._judge(run)

    async def shutdown(self, loop: Loop) -> None:
        """Shut the application down, if it was started; the next startup begins anew.

        Raises LoopError where it was started on another loop.
        """
        if not self.ready(loop) or self._run is None:
            return
        run, self._run = self._run, None
        if run.cycle.state is not State.STARTED:
            return
        run.cycle.shut_down()
        run.due.set()
        await run.ended.wait()
        if run.cycle.error is not None or run.cycle.message:
            logger.error("The shutdown failed: %s", run.cycle.message, exc_info=run.cycle.error)

    def give_up_startup(self) -> None:
        """Cancel a startup that is still under way; the next one begins anew.

        Raises LifespanFailed in that case.
        """
        run = self._run
        if run is not None and not run.judged:
            run.cancel()
            raise self._failed("the startup took longer than the invocation may")

    def _judge(self, run: _Run) -> None:
        """Decide what the outcome means for us. Raises LifespanFailed."""
        cycle = run.cycle
        if cycle.state is State.FAILED:
            raise self._failed(cycle.message or "the application gave no reason") from cycle.error
        if cycle.state is State.UNSUPPORTED and self._mode == "on":
            raise self._failed(
                "expected an application with a lifespan, since lifespan='on', got one without"
            ) from cycle.error
        if cycle.state is State.UNSUPPORTED:
            level = logging.WARNING if cycle.startup_delivered and cycle.error else logging.DEBUG
            logger.log(level, "The application seems to have no lifespan", exc_info=cycle.error)
        run.judged = True

    def _failed(self, message: str) -> LifespanFailed:
        self._run = None
        environment.replace_environment("the application could not start up")
        return LifespanFailed(message)


class _Run:
    """The application's one lifespan call and the events that others wait for.

    settled: the outcome of the startup is known; due: so is the wish to shut down; ended: the call
    is over.
    """

    __slots__ = (
        "_application",
        "_scope",
        "cancel",
        "cycle",
        "due",
        "ended",
        "judged",
        "loop",
        "settled",
    )

    def __init__(self, application: ASGI3Application, scope: LifespanScope, loop: Loop) -> None:
        self.cycle = LifespanCycle()
        self.loop = loop
        self.settled: Event = loop.event()
        self.due: Event = loop.event()
        self.ended: Event = loop.event()
        self.judged = False
        self._application = application
        self._scope = scope
        self.cancel: Callable[[], object] = loop.spawn(self._main)

    async def _main(self, _: Loop) -> None:
        # What it ends with if neither a return nor an exception replaces it: a cancellation.
        error: Exception | None = LifespanFailed("the startup took too long, and was cancelled")
        try:
            await self._application(self._scope, self._receive, self._send)  # type: ignore[arg-type]
            error = None
        except Exception as raised:
            error = raised
        finally:
            self.cycle.end(error)
            self.settled.set()
            self.ended.set()

    async def _receive(self) -> LifespanReceived:
        message = self.cycle.receive()
        if message is None:
            await self.due.wait()
            message = self.cycle.receive()
        while message is None:  # nothing follows the shutdown, so whoever asks waits for good
            await self.loop.event().wait()
        return message

    async def _send(self, message: Message) -> None:
        self.cycle.send(message)
        if self.cycle.settled:
            self.settled.set()
        if self.cycle.over:
            self.ended.set()
