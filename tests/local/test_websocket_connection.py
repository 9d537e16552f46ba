"""The way to a client: when it is open, and how it ends."""

from __future__ import annotations

import time
from typing import Any

import anyio
import pytest

from asgi_lambda.local.request import Request
from asgi_lambda.local.websocket_connection import AGE, IDLE, Clock, Connection, Gone
from tests.local.sockets import StillClock


class Line:
    """The side of a server, which may fail."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.error: Exception | None = None

    async def send(self, message: Any) -> None:
        if self.error is not None:
            raise self.error
        self.sent.append(message)


def connection(line: Line, clock: Clock | None = None) -> Connection:
    return Connection(Request("CONNECT", "/"), line.send, clock or StillClock())


def test_life() -> None:
    line, clock = Line(), StillClock()

    async def main() -> None:
        found = connection(line, clock)
        assert found.connected_at == found.active_at == 1_700_000_000_250
        assert not found.open
        with pytest.raises(Gone):
            await found.post("too early")
        await found.close(1000)  # nothing yet
        await found.accept("chat", [(b"x-own", b"1")])
        clock.move(2)
        await found.post("hello")
        assert (found.connected_at, found.active_at) == (1_700_000_000_250, 1_700_000_002_250)
        await found.close(1001, "why")
        await found.close(1002, "again")
        assert found.end == (1001, "why")
        with pytest.raises(Gone):
            await found.post("too late")

    anyio.run(main)
    assert line.sent == [
        {"type": "websocket.accept", "subprotocol": "chat", "headers": [(b"x-own", b"1")]},
        {"type": "websocket.send", "text": "hello"},
        {"type": "websocket.close", "code": 1001, "reason": "why"},
    ]


@pytest.mark.parametrize("error", [OSError(), RuntimeError()], ids=repr)
def test_client_that_is_gone(error: Exception) -> None:
    async def main() -> None:
        line = Line()
        line.error = error
        found = connection(line)
        with pytest.raises(Gone):
            await found.accept(None, [])
        assert not found.open
        found.open = True
        with pytest.raises(Gone):
            await found.post("hello")
        assert not found.open
        found.open = True
        await found.close(1000)
        assert found.end == (1000, "")

    anyio.run(main)


async def expiring(found: Connection, clock: StillClock, steps: list[float]) -> None:
    """Let the connection expire, while time goes on in steps with a message behind each."""
    async with anyio.create_task_group() as group:
        group.start_soon(found.expire)
        await anyio.wait_all_tasks_blocked()
        for step in steps:
            clock.move(step)
            if found.left > 0:
                found.touch()
            await anyio.wait_all_tasks_blocked()
            if step != steps[-1]:
                assert found.open
    assert found.end == (1001, "Going away")


def test_idle_for_too_long() -> None:
    async def main() -> None:
        line, clock = Line(), StillClock()
        found = connection(line, clock)
        await found.accept(None, [])
        assert found.left == pytest.approx(IDLE)
        await expiring(found, clock, [IDLE - 1, IDLE - 1, 2.5, IDLE])
        assert line.sent[-1] == {"type": "websocket.close", "code": 1001, "reason": "Going away"}

    anyio.run(main)


def test_open_for_too_long() -> None:
    async def main() -> None:
        clock = StillClock()
        found = connection(Line(), clock)
        await found.accept(None, [])
        await expiring(found, clock, [IDLE / 2] * int(2 * AGE / IDLE))

    anyio.run(main)


def test_real_clock() -> None:
    clock = Clock()
    assert abs(clock.now() - time.time()) < 60
    anyio.run(clock.sleep, 0)
