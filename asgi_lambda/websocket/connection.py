"""One connection in this environment: its cycle, and the coroutine that waits between events.

Is given what it shares with the connections that wait beside it, which are its home.
"""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from asgi_lambda.errors import MessageRefused
from asgi_lambda.protocols.websocket import Answer, Close, Post, State, WebSocketCycle
from asgi_lambda.websocket import handshake
from asgi_lambda.websocket.extension import BINARY_REFUSED, ConnectionExtension, Stored
from asgi_lambda.websocket.store import Record

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

    from asgi_lambda.asgi_types import Message, WebSocketReceived, WebSocketScope
    from asgi_lambda.loop_types import Event, Loop
    from asgi_lambda.websocket.connections import Connections
    from asgi_lambda.websocket.outbox import Outbox

T = TypeVar("T")

logger = logging.getLogger("asgi_lambda")


class Connection:
    """An application on one connection.

    answer: the one to the handshake, once it is known. stored: whether there is a record. ended:
    its coroutine is over. failure: why it could not be rebuilt. stirred: when it last ran, as far
    as can be seen (s, monotonic).
    """

    _cancel: Callable[[], object]
    outbox: Outbox

    def __init__(
        self, identifier: str, scope: WebSocketScope, home: Connections, *, replayed: bool
    ) -> None:
        self.id = identifier
        self.cycle = WebSocketCycle(replayed=replayed)
        self.extension = ConnectionExtension(self, home)
        self.answer: Answer | None = None
        self.stored = self.ended = self._given_up = False
        self.failure: Exception | None = None
        self.began = self.stirred = time.monotonic()
        self.coroutine: Coroutine[Any, Any, None] | None = None
        self._scope = scope
        self._home = home
        self._arrived: Event | None = None
        # How many tasks wait for something that only the next event can bring, and how many for a
        # call, or are about to go on after one.
        self._waiting = self._calling = 0

    @property
    def at_rest(self) -> bool:
        """Whether it waits for the client, who has said nothing more."""
        return self.ended or (self._waiting > 0 and not self._calling and self.cycle.waits)

    def start(self, outbox: Outbox) -> None:
        """Call the application, in a task that outlives the invocation."""
        self.outbox = outbox
        outbox.when_gone = self.lose
        self._cancel = self._home.loop.spawn(self._main)

    def cancel(self) -> None:
        """End the coroutine, soon; the connection lives on, and the next event rebuilds it."""
        self._given_up = True
        self._cancel()

    def lose(self) -> None:
        """The client is gone, as API Gateway says."""
        self.cycle.disconnect()
        self.wake()

    def wake(self) -> None:
        """Let the application see what came in."""
        if self._arrived is not None:
            self._arrived.set()
            self._arrived = None
        self._home.stir(self)

    async def calling(self, call: Awaitable[T]) -> T:
        """What a call comes to, which has the connection at work until whoever waits goes on."""
        self._calling += 1
        try:
            return await call
        finally:
            self._calling -= 1
            self._home.stir(self)

    async def _main(self, loop: Loop) -> None:
        try:
            if self.cycle.replayed and not await self._restored():
                return
            error = await self._call(loop)
            # Once it was given up, others may have gone on with the connection.
            if not self._given_up:
                await self._end(failed=error is not None)
        finally:
            self.ended = True
            self._home.forget(self)
            self._home.stir(self)

    async def _end(self, *, failed: bool) -> None:
        command = self.cycle.end(failed=failed)
        if isinstance(command, Answer):
            self.answer = command
        elif isinstance(command, Close):
            await self._home.close(self)
        self._home.release(self)

    async def _call(self, loop: Loop) -> Exception | None:
        """What the application raised."""
        self._scope["state"] = self._home.common.state()
        try:
            # Messages are checked where they arrive, so an application's types are wider than ours.
            coroutine: Any = self._home.common.application(
                self._scope,  # type: ignore[arg-type]
                self._receive,  # type: ignore[arg-type]
                self._send,
            )
            self.coroutine = coroutine
            await coroutine
        except Exception as error:
            loop.advise(error)
            self.log(logging.ERROR, f"raised an exception, while {self._state}", error)
            return error
        if self.cycle.state in (State.CONNECTING, State.DENYING):
            self.log(logging.ERROR, f"returned, while {self._state}")
        return None

    async def _restored(self) -> bool:
        """Whether the scope could be had from what an earlier coroutine stored."""
        load = partial(self._home.common.store.load, self.id)
        try:
            record = await self._home.run(self, load)
            if record is not None:
                handshake.restore(self._scope, record.handshake)
        except Exception as error:
            self.failure = error
            return False
        if record is None:
            self._home.refuse(self)
            return False
        self.stored = True
        self.extension.stored = Stored(record.data, record.version)
        return True

    async def _receive(self) -> WebSocketReceived:
        self._home.stir(self)
        while (message := self.cycle.receive()) is None:
            if self._arrived is None:
                self._arrived = self._home.loop.event()
            await self._wait(self._arrived)
        self._home.stir(self)
        return message

    async def _wait(self, event: Event) -> None:
        self._waiting += 1
        self._home.stir(self)
        try:
            await event.wait()
        finally:
            self._waiting -= 1

    async def _send(self, message: Message) -> None:
        self._home.stir(self)
        match self.cycle.send(message):
            case Answer() as answer:
                await self._answer(answer, message)
            case Post() as post:
                await self._post(post)
            case Close():
                parcel = await self._home.close(self)
                if not self.outbox.held:
                    await self.calling(parcel.taken())
        self._home.stir(self)

    async def _answer(self, answer: Answer, message: Message) -> None:
        if answer.accepts:
            self.outbox.held = True
            try:
                await self._store(message.get("subprotocol"))
            except Exception:
                self.cycle.abort()
                self.answer = Answer(500, [])
                raise
        self.answer = answer

    async def _store(self, subprotocol: str | None) -> None:
        """Keep the handshake: another environment may have a message before this one is asked."""
        store, stored = self._home.common.store, self.extension.stored
        kept = handshake.kept(self._scope, subprotocol, credentials=store.store_credentials)
        record = Record(kept, stored.data, stored.version)
        await self._home.run(self, partial(store.create, self.id, record))
        self.stored = True

    async def _post(self, post: Post) -> None:
        if not post.is_text:
            raise MessageRefused(BINARY_REFUSED)
        parcel = self.outbox.post(post.data)
        if not self.outbox.held:
            await self.calling(parcel.taken())
        elif self.outbox.full:
            # Nothing moves before the next event, so the invocation may end.
            await self._wait(parcel.over)

    @property
    def _state(self) -> str:
        return self.cycle.state.value

    def log(self, level: int, what: str, error: BaseException | None = None) -> None:
        """Log what the application did; the id of a connection is no secret, and finds its log."""
        logger.log(level, "The application %s (connection %s)", what, self.id, exc_info=error)
