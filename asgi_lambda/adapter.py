"""`adapt`, the Handler it makes, and the whole path of an event to the Lambda response.

event -> detect -> parse -> HTTPCycle, in a call on a loop -> Response -> render -> response
"""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda import body, environment, loops, sources, termination, url
from asgi_lambda.application import ApplicationCall, bad_request, single_callable
from asgi_lambda.deadline import patience
from asgi_lambda.errors import ResponseFailed
from asgi_lambda.lifespan import Lifespan
from asgi_lambda.options import Options
from asgi_lambda.protocols.http import HTTPCycle
from asgi_lambda.response import Response, exceeds, too_large, warn_once

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping

    from asgi_lambda.asgi_types import Application, Versions
    from asgi_lambda.lambda_types import LambdaContext
    from asgi_lambda.loop_types import Loop
    from asgi_lambda.loops import Ending
    from asgi_lambda.other_event import Other
    from asgi_lambda.sources.source import Source
    from asgi_lambda.websocket.common import Common
    from asgi_lambda.websocket.store import ConnectionStore

# The newest whose rules for HTTP are all kept: since 2.4 `send` raises OSError once nobody waits.
SPEC_VERSION: Final = "2.5"


class Handler:
    """An ASGI application as a Lambda function; `adapt` makes it.

    app: the application. state: what it keeps in its lifespan, copied into each scope.
    """

    def __init__(self, app: Application, options: Options) -> None:
        version = "2.0" if options.interface == "asgi2" else "3.0"
        self.app = app
        self._options = options
        self._loops = loops.backend(options.backend)
        self._versions: Versions = {"version": version, "spec_version": SPEC_VERSION}
        self._application = single_callable(app, options.interface)
        self._lifespan = Lifespan(self._application, options.lifespan, version)
        self._patience = partial(patience, timeout=options.timeout, margin=options.deadline_margin)
        self._abandoned = environment.Abandoned()
        self._websockets: Common | None = None

    @property
    def state(self) -> dict[str, Any]:
        """What the application keeps in its lifespan."""
        return self._lifespan.state

    def __call__(self, event: Any, context: LambdaContext | None = None) -> Any:
        """The Lambda response to an event; what Lambda calls, and any thread may.

        Raises UnsupportedEvent, LifespanFailed, ResponseFailed, what `on_event` raises, and
        LoopError where an event loop runs on this thread.
        """
        loop = self._loops.kept()
        source = sources.detect(event)
        if source is None or source.is_websocket:
            other = self._open_other(source, event, context)
            return self._close_other(other, loop.run(other.main, other.patience))
        call = self._open(source, event, context)
        ending = loop.run(call.main, self._patience(context))
        return self._close(source, call, ending)

    async def invoke(self, event: Any, context: LambdaContext | None = None) -> Any:
        """As a call, for who runs an event loop; many may be under way at once."""
        loop = self._loops.running()
        source = sources.detect(event)
        if source is None or source.is_websocket:
            other = self._open_other(source, event, context)
            return self._close_other(other, await loop.call(other.main, other.patience))
        call = self._open(source, event, context)
        ending = await loop.call(call.main, self._patience(context))
        return self._close(source, call, ending)

    def _open(self, source: Source, event: Any, context: LambdaContext | None) -> ApplicationCall:
        """Event to application call."""
        options, application = self._options, self._application
        try:
            scope, text, is_base64 = source.parse(event)
            content = body.decode(text, is_base64) if text else b""
        except body.InvalidBody:
            application, content = bad_request, b""
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise sources.malformed(source, event) from error
        if options.root_path is not None:
            url.mount(scope, options.root_path)
        if options.strip_root_path:
            url.unmount(scope)
        scope["asgi"] = self._versions.copy()
        scope["extensions"] = {}
        scope["aws.event"] = event
        scope["aws.context"] = context
        cycle = HTTPCycle(scope["method"], content)
        return ApplicationCall(application, self._lifespan, scope, cycle)

    def _close(self, source: Source, call: ApplicationCall, ending: Ending) -> Mapping[str, Any]:
        """Application call to Lambda response."""
        return self._render(source, call, self._conclude(call, ending))

    def _conclude(self, call: ApplicationCall, ending: Ending) -> int | None:
        """The status of the answer that the call has left to us, None where it gave its own."""
        if ending.expired:
            self._look_after_environment(ending)
        return call.conclude(ending)

    def _render(
        self, source: Source, call: ApplicationCall, status: int | None
    ) -> Mapping[str, Any]:
        """The Lambda response of a call, or one of the status that it has left to us."""
        options, cycle = self._options, call.cycle
        if status is None:
            content = b"".join(call.chunks)
            response = Response(
                cycle.status, cycle.headers, content, options.dropped, options.text_types
            )
        else:
            response = Response.plain(status, call.scope["method"])
        rendered = source.render(response)
        if len(rendered["body"]) > source.fits and exceeds(rendered, source.limit):
            call.log(logging.ERROR, too_large(rendered, source.limit))
            response = Response.plain(500, call.scope["method"])
            rendered = source.render(response)
        if rendered["isBase64Encoded"] and source.base64_note:
            warn_once(source.base64_note)
        if options.access_log:
            call.log_access(response.status, len(response.body))
        if response.status in options.fail_on:
            raise call.error or ResponseFailed(
                f"expected a status outside of fail_on, got {response.status} "
                f"for {call.scope['path']!r}"
            )
        return rendered

    def _open_other(self, source: Source | None, event: Any, context: Any) -> Other:
        # Most functions never see such an event.
        from asgi_lambda.other_event import open_other

        return open_other(self, source, event, context)

    def _close_other(self, other: Other, ending: Ending) -> Any:
        if ending.expired:
            self._look_after_environment(ending)
        return other.answer(ending)

    def _look_after_environment(self, ending: Ending) -> None:
        """See what is left of a call that did not end in time. Raises LifespanFailed."""
        self._lifespan.give_up_startup()
        if ending.abandoned:
            self._abandoned.add()

    def startup(self) -> None:
        """Start the application on the kept loop; once is enough, and again does no harm.

        Raises LifespanFailed, and LoopError where a loop runs on this thread.
        """
        self._loops.kept().run(self._lifespan.startup, None)

    def shutdown(self) -> None:
        """Shut it down there; the next invocation, or `startup`, starts it anew."""
        self._loops.kept().run(self._shut_down, None)

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[Handler]:
        """The lifespan around a block, for who runs an event loop. Raises LifespanFailed."""
        await self._lifespan.startup(self._loops.running())
        try:
            yield self
        finally:
            await self._shut_down(self._loops.running())

    async def _shut_down(self, loop: Loop) -> None:
        # What waits for a client still uses what the lifespan has opened.
        if self._websockets is not None:
            await self._websockets.end(loop)
        await self._lifespan.shutdown(loop)


def adapt(
    app: Application,
    *,
    lifespan: str = "auto",
    startup: str = "auto",
    interface: str = "auto",
    backend: str = "auto",
    root_path: str | None = None,
    strip_root_path: bool = False,
    on_event: Callable[[Any, LambdaContext | None], Any] | None = None,
    text_types: Collection[str] = (),
    exclude_headers: Collection[str] = (),
    fail_on: Collection[int | range] = (),
    timeout: float | None = None,
    deadline_margin: float | None = 0.5,
    graceful_shutdown: bool = False,
    access_log: bool = False,
    sources: Collection[Any] = (),
    websocket_store: ConnectionStore | None = None,
    websocket_linger: float = 0.05,
    websocket_endpoint: str | None = None,
) -> Handler:
    """A Lambda handler for an ASGI application; to be the module's last statement.

    Raises ConfigurationError for an argument that cannot be used or without trio where it is
    needed, and LifespanFailed where the startup runs here and fails.

    lifespan: "auto" runs it and takes an application without one; "on" does not; "off".
    startup: when the lifespan starts. "auto": here, while Lambda initialises the function, or after
        a SnapStart restore; elsewhere at the first invocation. "import": here. "invoke": then.
    interface: "asgi3", "asgi2" for a double callable, or "auto".
    backend: "asyncio", "trio", or "auto", which is trio for Quart-Trio and asyncio else.
    root_path: None for the prefix that the event proves, or the one that clients use instead.
    strip_root_path: remove the prefix from `path`, for frameworks that know no root_path.
    on_event: function of (event, context) for events that are no HTTP request, plain or async.
    text_types: further media types whose bodies are sent as text.
    exclude_headers: names of response headers that never leave.
    fail_on: response statuses, as ints or ranges, that make the invocation itself fail.
    timeout: seconds a request may take, where the front door is less patient than the function.
    deadline_margin: seconds before Lambda's deadline at which a request is given up; None: never.
    graceful_shutdown: register an internal extension, so that Lambda sends SIGTERM.
    access_log: one INFO line per request.
    sources: reserved for further event sources; none is accepted yet.
    websocket_store: where WebSocket connections are kept; None: in this process.
    websocket_linger: seconds of quiet before the invocation of a WebSocket event ends.
    websocket_endpoint: URL of the management API; None: as the event has it.
    """
    arguments = locals()
    options = Options(**arguments)
    handler = Handler(app, options)
    if environment.on_lambda():
        termination.on_sigterm(handler._loops.kept, handler._shut_down)
        if graceful_shutdown:
            environment.register_extension()
    if startup == "import" or (
        startup == "auto" and environment.initialises() and not handler._loops.runs_here()
    ):
        handler.startup()
    elif startup == "auto" and environment.takes_snapshot():
        environment.after_restore(handler.startup)
    return handler
