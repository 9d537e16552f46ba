"""What passes between a handler's application and its server: its scope, messages and log.

All of it goes into the exchange whose invocation runs; outside of one nothing is noted.
"""

from __future__ import annotations

import logging
import sys
import time
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any, TextIO

from asgi_lambda.local.exchange import current

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_lambda.adapter import Handler
    from asgi_lambda.asgi_types import ASGI3Application, Message, Receive, Scope, Send


def tap(handler: Handler) -> None:
    """Note the scope and the messages of each of its requests, from now on."""
    # Below everything else: decorated handlers have theirs inside, and middleware is the
    # application's own.
    handler._application = _Tap(handler._application)


class _Tap:
    """An application that notes what passes."""

    __slots__ = ("_application",)

    def __init__(self, application: ASGI3Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = current.get()
        if exchange is None:
            await self._application(scope, receive, send)
            return
        exchange.scope = dict(scope)
        note = exchange.note

        async def noted_receive() -> Message:
            message = await receive()
            note("receive", dict(message))
            return message

        async def noted_send(message: Message) -> None:
            note("send", dict(message))
            await send(message)

        await self._application(scope, noted_receive, noted_send)


@contextmanager
def noting_log() -> Iterator[None]:
    """Note what is logged and printed during invocations, within a block."""
    noter = _LogNoter()
    # The package's own logger does not propagate under the command line.
    loggers = [logging.getLogger(), logging.getLogger("asgi_lambda")]
    for logger in loggers:
        logger.addHandler(noter)
    stdout: Any = _PrintNoter(sys.stdout)
    try:
        with redirect_stdout(stdout):
            yield
    finally:
        for logger in loggers:
            logger.removeHandler(noter)


class _LogNoter(logging.Handler):
    """A handler of two loggers, of which one may pass its records on to the other."""

    def __init__(self) -> None:
        super().__init__()
        self._last: logging.LogRecord | None = None

    def emit(self, record: logging.LogRecord) -> None:
        exchange = current.get()
        if exchange is not None and record is not self._last:
            self._last = record
            exchange.log.append((time.perf_counter(), record.levelname, self.format(record)))


class _PrintNoter:
    """The stream of `print`, which is in Lambda's log too."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        exchange = current.get()
        if exchange is not None:
            log = exchange.log
            if log and log[-1][1] == "PRINT" and not log[-1][2].endswith("\n"):
                began, level, line = log[-1]
                log[-1] = began, level, line + text
            else:
                log.append((time.perf_counter(), "PRINT", text))
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
