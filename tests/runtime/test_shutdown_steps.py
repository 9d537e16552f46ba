"""The steps of the end at SIGTERM, each alone, without a clock."""

from __future__ import annotations

import logging
import os
import signal
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from asgi_lambda import adapt, termination
from asgi_lambda.loops import asyncio as asyncio_loops
from asgi_lambda.runtime import shutdown as shutdowns
from asgi_lambda.runtime.api import RuntimeAPI
from asgi_lambda.runtime.service import run_on
from asgi_lambda.runtime.shutdown import Shutdown
from tests.applications import Recorder
from tests.runtime.double import NEXT, Double

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Steps:
    """What a shutdown does, and what is made of it."""

    def __init__(self) -> None:
        self.exits: list[int] = []
        self.timers: list[Any] = []
        self.calls: list[str] = []
        self.app = Recorder()
        self.service: Any = SimpleNamespace(
            in_function=False,
            threads=SimpleNamespace(left_behind=False),
            stop=lambda: self.calls.append("stop"),
            give_up=lambda: self.calls.append("give up"),
        )

    def timer(self, delay: float, act: Callable[[], object]) -> Any:
        timer: Any = SimpleNamespace(
            delay=delay,
            act=act,
            start=lambda: self.timers.append(timer),
            cancel=lambda: self.timers.remove(timer),
        )
        return timer

    @property
    def shut_down(self) -> bool:
        return self.app.messages[-1] == "lifespan.shutdown.complete"


@pytest.fixture
def steps(on_lambda: None, monkeypatch: pytest.MonkeyPatch) -> Steps:
    steps = Steps()
    monkeypatch.setattr(os, "_exit", steps.exits.append)
    monkeypatch.setattr(logging, "shutdown", lambda: None)
    monkeypatch.setattr(threading, "Timer", steps.timer)
    # A machine that is busy must not end a shutdown.
    monkeypatch.setattr(shutdowns, "_LEAST_FOR_SHUTDOWN", 30.0)
    # As in a process that Lambda starts; the one that measures coverage ends the process.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    adapt(steps.app)
    return steps


@pytest.fixture
def shutdown(steps: Steps) -> Iterator[Shutdown]:
    kept, outer = asyncio_loops.kept(), signal.getsignal(signal.SIGTERM)
    yield Shutdown(steps.service, kept, outer)
    kept.raw.remove_signal_handler(signal.SIGTERM)
    signal.signal(signal.SIGTERM, outer)


def test_a_second_signal_begins_nothing(shutdown: Shutdown, steps: Steps) -> None:
    for _ in range(2):
        shutdown._on_signal(signal.SIGTERM, None)

    assert [timer.delay for timer in steps.timers] == [0.2, 0.35, 0.45]


def test_the_loop_stops_asking_and_gives_up_later(shutdown: Shutdown, steps: Steps) -> None:
    kept = asyncio_loops.kept()
    later: list[Any] = []
    kept.raw.call_later = lambda *call: later.append(call)  # type: ignore[method-assign,assignment]

    shutdown._stop()

    assert steps.calls == ["stop"]
    [(delay, act)] = later
    assert delay == 0.2
    act()
    assert steps.calls == ["stop", "give up"]


@pytest.mark.parametrize("in_function", [True, False])
def test_a_function_on_the_main_thread_is_not_waited_for(
    shutdown: Shutdown, steps: Steps, in_function: bool
) -> None:
    steps.service.in_function = in_function

    shutdown._beside_function()

    assert steps.shut_down is in_function
    assert steps.exits == [0] * in_function


def test_nor_is_an_application_that_swallows_its_cancellation(
    shutdown: Shutdown, steps: Steps
) -> None:
    shutdown._beside_all()

    assert steps.shut_down
    assert steps.exits == [0]


@pytest.mark.parametrize("left_behind", [True, False])
def test_the_end(shutdown: Shutdown, steps: Steps, left_behind: bool) -> None:
    own: list[Any] = []
    shutdown._handlers.append(lambda *arguments: own.append(arguments))
    steps.service.threads.left_behind = left_behind
    shutdown._begin()

    shutdown.complete()

    assert steps.shut_down
    assert steps.timers == []
    assert own == [(signal.SIGTERM, None)]
    assert steps.exits == [0] * left_behind


def test_a_wait_ends_with_a_signal_that_came_before_it(shutdown: Shutdown, steps: Steps) -> None:
    """As one that comes between the last look for signals and the wait does not interrupt it."""
    with Double() as api:
        runtime_api = RuntimeAPI(api.address)
        steps.service.stop = runtime_api.close

        def send() -> None:
            api.wait_for(NEXT)
            # Taken in this thread, it ends no wait of the main one.
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

        thread = threading.Thread(target=send)
        thread.start()
        with pytest.raises(ConnectionError, match="was closed"):
            run_on(asyncio_loops.kept(), runtime_api.next())
        thread.join()

    assert shutdown.begun
    assert len(termination.installed()) == 1
