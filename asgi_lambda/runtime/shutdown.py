"""SIGTERM: no further invocation, an end for those under way, the lifespan's shutdown, exit 0.

Source: the Lambda guide, "Lambda execution environment lifecycle", shutdown phase.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda import termination

if TYPE_CHECKING:
    from types import FrameType

    from asgi_lambda.loops.asyncio import KeptLoop
    from asgi_lambda.runtime.api import RuntimeAPI
    from asgi_lambda.runtime.connection import ReplyToCome
    from asgi_lambda.runtime.service import Service

logger = logging.getLogger("asgi_lambda")

# Seconds from the signal. With an internal extension Lambda waits for 500 ms before SIGKILL.
_FOR_INVOCATIONS: Final = 0.2
_FOR_THEIR_END: Final = 0.35
_WINDOW: Final = 0.45
_LEAST_FOR_SHUTDOWN: Final = 0.05

_EXTENSION_NAME: Final = "asgi-lambda"
_EXTENSION: Final = "/2020-01-01/extension"


class Extension:
    """An internal extension: without any, Lambda ends a process without SIGTERM.

    A refusal is logged, and all else goes on. Source: the Lambda guide, "Lambda Extensions API".
    Its calls raise ConnectionLost.
    """

    _registered: ReplyToCome

    def __init__(self, api: RuntimeAPI) -> None:
        self._api = api

    async def register(self) -> None:
        """Ask for it. The function can be imported before the reply is there."""
        fields = [("Lambda-Extension-Name", _EXTENSION_NAME), ("Content-Type", "application/json")]
        self._registered = await self._api.begin(
            "POST", f"{_EXTENSION}/register", fields, b'{"events": []}'
        )

    async def poll(self) -> None:
        """Ask for events. None ever comes, but the initialisation is complete only then."""
        reply = await self._registered
        identifier = reply.headers.get("lambda-extension-identifier")
        if reply.status != 200 or identifier is None:
            logger.warning(
                "The extension for a graceful shutdown was refused, with status %d", reply.status
            )
            return
        await self._api.begin(
            "GET", f"{_EXTENSION}/event/next", [("Lambda-Extension-Identifier", identifier)]
        )


class Shutdown:
    """The handler of SIGTERM.

    begun: the signal has come. outer: the handler of before the function was loaded; one that it
    has set itself is called in the end.
    """

    def __init__(self, service: Service, kept: KeptLoop, outer: Any) -> None:
        self.begun = False
        self._service = service
        self._kept = kept
        self._lock = threading.Lock()
        self._began_at = 0.0
        self._timers: list[threading.Timer] = []
        handlers: list[Any] = [signal.getsignal(signal.SIGTERM)]
        handlers += [each.previous for each in termination.installed()]
        self._handlers = [
            handler
            for handler in handlers
            if callable(handler) and handler is not outer and not _is_ours(handler)
        ]
        # Lets a loop that waits go on when the signal comes to another thread.
        kept.raw.add_signal_handler(signal.SIGTERM, self._begin)
        # Runs also while the loop stands still.
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._begin()

    def _begin(self) -> None:
        if self.begun:
            return
        self.begun = True
        self._began_at = time.monotonic()
        self._kept.raw.call_soon_threadsafe(self._stop)
        for delay, act in (
            (_FOR_INVOCATIONS, self._beside_function),
            (_FOR_THEIR_END, self._beside_all),
            (_WINDOW, self._exit),
        ):
            timer = threading.Timer(delay, act)
            timer.daemon = True
            timer.start()
            self._timers.append(timer)

    def _stop(self) -> None:
        self._service.stop()
        self._kept.raw.call_later(_FOR_INVOCATIONS, self._service.give_up)

    def _beside_function(self) -> None:
        # It holds the main thread, and cannot be cancelled.
        if self._service.in_function:
            self._shut_down()
            self._exit()

    def _beside_all(self) -> None:
        # One swallows its cancellation; or it blocks the loop, and then only the last timer helps.
        self._shut_down()
        self._exit()

    def complete(self) -> None:
        """Shut down what was started, once nothing is under way; on the main thread."""
        for timer in self._timers:
            timer.cancel()
        self._shut_down()
        for handler in self._handlers:
            handler(signal.SIGTERM, None)
        if self._service.threads.left_behind:
            self._exit()

    def _shut_down(self) -> None:
        with self._lock:
            for each in termination.installed():
                left = self._began_at + _WINDOW - time.monotonic()
                each.shut_down(max(left, _LEAST_FOR_SHUTDOWN))

    def _exit(self) -> None:
        # Not sys.exit: what holds the process would go on holding it.
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)


def _is_ours(handler: Any) -> bool:
    return isinstance(getattr(handler, "__self__", None), termination.Termination)
