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
    from asgi_lambda.loop_types import Event, Loop

logger = logging.getLogger("asgi_lambda")

SPEC_VERSION: Final = "2.0"


class Lifespan:
    """Startup once, shutdown once, and `state`, which the application fills at startup.

    mode: "auto" takes an application without a lifespan too, "on" does not, "off" asks nothing.
    """

    __slots__ = ("_application", "_mode", "_run", "_version", "ready_on", "state")

    def __init__(self, application: ASGI3Application, mode: str, version: str) -> None:
        self.state: dict[str, Any] = {}
        # The loop whose requests need no startup; others have to ask `startup`.
        self.ready_on: Loop | None = None
        self._application = application
        self._mode = mode
        self._version = version
        self._run: _Run | None = None

    async def startup(self, loop: Loop) -> None:
        """Start the application on `loop`, or wait until whoever does so has done it.

        Raises LifespanFailed, and LoopError where it was started on another loop that still lives:
        its connections and locks belong there.
        """
        run = self._run_on(loop)
        if run is None and self._mode != "off":
            self.state.clear()
            scope: LifespanScope = {
                "type": "lifespan",
                "asgi": {"version": self._version, "spec_version": SPEC_VERSION},
                "state": self.state,
            }
            run = self._run = _Run(self._application, scope, loop)
        if run is not None:
            await run.settled.wait()
            self._judge(run)
        self.ready_on = loop

    async def shutdown(self, loop: Loop) -> None:
        """Shut the application down, if it was started; the next startup begins anew.

        Raises LoopError where it was started on another loop.
        """
        run = self._run_on(loop)
        self._run = self.ready_on = None
        if run is None or run.cycle.state is not State.STARTED:
            return
        run.cycle.shut_down()
        run.due.set()
        await run.ended.wait()
        if run.cycle.error is not None or run.cycle.message:
            logger.error("The shutdown failed: %s", run.cycle.message, exc_info=run.cycle.error)

    def _run_on(self, loop: Loop) -> _Run | None:
        """The lifespan that requests on `loop` can use, None where there is none yet."""
        run = self._run
        if run is None or run.loop.same(loop) or run.cycle.state is State.UNSUPPORTED:
            return run
        if run.loop.closed:
            return None
        raise LoopError(
            "expected the event loop on which the application was started, got another one; "
            "use: await handler.invoke(event, context), on the loop of the startup"
        )

    def give_up_startup(self) -> None:
        """Cancel a startup that is still under way; the next one begins anew.

        Raises LifespanFailed in that case.
        """
        run = self._run
        if run is not None and not run.judged:
            run.cancel()
            raise self._failed("the startup took longer than the invocation may")

    def _judge(self, run: _Run) -> None:
        """Decide once what the outcome of the startup means. Raises LifespanFailed."""
        cycle = run.cycle
        if run.judged or cycle.started:
            run.judged = True
            return
        if cycle.state is not State.UNSUPPORTED:
            raise self._failed(cycle.message or "the application gave no reason") from cycle.error
        if self._mode == "on":
            raise self._failed(
                "expected an application with a lifespan, since lifespan='on', got one without"
            ) from cycle.error
        level = logging.WARNING if cycle.delivered and cycle.error else logging.DEBUG
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
        error: Exception | None = LifespanFailed("the lifespan was cancelled")
        try:
            # As with requests, an application's types are wider than ours.
            await self._application(self._scope, self._receive, self._send)  # type: ignore[arg-type]
            error = None
        except Exception as raised:
            self.loop.advise(raised)
            error = raised
        finally:
            broke_off = self.cycle.state is State.STARTED and error is not None
            self.cycle.end(error)
            self.settled.set()
            self.ended.set()
        if broke_off:
            logger.error("The lifespan broke off; requests go on without it", exc_info=error)

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
        self.settled.set()
        if self.cycle.over:
            self.ended.set()
