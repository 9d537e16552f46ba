"""A trio loop beside that of the runtime, in one process: what goes over, and what comes back."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from asgi_lambda.loops import RETURNED
from asgi_lambda.loops import trio as trio_loop
from asgi_lambda.runtime.abroad import LoopAbroad
from tests.backends import Trio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from asgi_lambda.loop_types import Loop

    Write = Callable[[bytes], Awaitable[None]]


@pytest.fixture
def abroad() -> Iterator[LoopAbroad]:
    yield LoopAbroad(trio_loop.kept())
    Trio().end()


def test_what_is_written_over_there_arrives_here(abroad: LoopAbroad) -> None:
    written: list[tuple[bytes, threading.Thread]] = []

    async def write(data: bytes) -> None:
        written.append((data, threading.current_thread()))

    async def main() -> None:
        there = abroad.bring_home(write)

        async def application(loop: Loop) -> None:
            await there(b"a")
            await there(b"b")

        assert await abroad.call(application, None) is RETURNED

    asyncio.run(main())
    assert written == [(b"a", threading.current_thread()), (b"b", threading.current_thread())]


def test_a_callback_runs_over_there(abroad: LoopAbroad) -> None:
    called = threading.Event()
    abroad.soon(called.set)
    assert called.wait(10)


def test_what_fails_here_is_raised_over_there(abroad: LoopAbroad) -> None:
    raised: list[Exception] = []

    async def write(data: bytes) -> None:
        raise OSError("nobody takes it")

    async def main() -> None:
        there = abroad.bring_home(write)

        async def application(loop: Loop) -> None:
            try:
                await there(b"a")
            except OSError as error:
                raised.append(error)

        await abroad.call(application, None)

    asyncio.run(main())
    assert [str(error) for error in raised] == ["nobody takes it"]


@pytest.mark.parametrize("error", [LookupError("a fault"), SystemExit(3), KeyboardInterrupt()])
def test_what_is_raised_over_there_is_raised_here(abroad: LoopAbroad, error: BaseException) -> None:
    async def main() -> BaseException | None:
        async def application(loop: Loop) -> None:
            raise error

        try:
            await abroad.call(application, None)
        except BaseException as raised:
            return raised
        return None

    assert asyncio.run(main()) is error


def test_a_cancellation_here_is_one_over_there(abroad: LoopAbroad) -> None:
    ends: list[str] = []

    async def main() -> None:
        begun = asyncio.Event()
        here = asyncio.get_running_loop()

        async def application(loop: Loop) -> None:
            here.call_soon_threadsafe(begun.set)
            try:
                await loop.event().wait()
            finally:
                ends.append("over there")

        call = asyncio.create_task(abroad.call(application, None))
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        ends.append("here")

    asyncio.run(main())
    assert ends == ["over there", "here"]
