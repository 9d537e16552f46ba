"""SIGTERM: the shutdown, and what comes after it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest

from asgi_lambda import environment, termination
from tests.applications import Context, Recorder, http_event, http_only, respond
from tests.backends import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_lambda.asgi_types import Receive, Scope, Send
    from tests.backends import Adapt, Backend


@pytest.fixture(autouse=True)
def _environment(on_lambda: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signal handlers are set on Lambda only. A machine that is busy must not end a shutdown."""
    monkeypatch.setattr(termination, "_FOR_SHUTDOWN", 30.0)


@pytest.fixture
def signals() -> Iterator[list[str]]:
    """What the handler that was there before was told."""
    told: list[str] = []
    previous = signal.signal(signal.SIGTERM, lambda number, _: told.append(str(number)))
    yield told
    signal.signal(signal.SIGTERM, previous)


def send_sigterm() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_idle_the_shutdown_runs_and_the_previous_handler_follows(
    adapt: Adapt, signals: list[str]
) -> None:
    first, second = Recorder(), Recorder()
    adapt(first)
    adapt(second)
    send_sigterm()
    assert first.messages[-1] == second.messages[-1] == "lifespan.shutdown.complete"
    assert signals == [str(int(signal.SIGTERM))]


def test_the_process_that_lives_on_starts_up_again(adapt: Adapt, signals: list[str]) -> None:
    app = Recorder()
    handler = adapt(app)
    for _ in range(2):
        send_sigterm()
        assert handler(http_event(), Context())["body"] == "True"
    assert app.messages.count("lifespan.shutdown.complete") == 2
    assert len(signals) == 2


def test_a_shutdown_that_hangs_is_bounded(
    adapt: Adapt,
    signals: list[str],
    log: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(termination, "_FOR_SHUTDOWN", 0.3)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await anyio.sleep_forever()

    adapt(app)
    send_sigterm()
    assert "The shutdown took too long" in log.text
    assert len(signals) == 1


@pytest.mark.parametrize("arranged", [True, False], ids=["aws-client", "another-client"])
def test_busy_the_shutdown_waits_for_the_invocation(
    backend: Backend,
    adapt: Adapt,
    arranged: bool,
    signals: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends: list[Any] = []

    def end_after_answer(end: Any) -> bool:
        ends.append(end)
        return arranged

    monkeypatch.setattr(environment, "end_after_answer", end_after_answer)
    monkeypatch.setattr(termination, "_FOR_INVOCATION", 30.0)
    app = Recorder()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await app(scope, receive, send)
        for _ in range(2):
            send_sigterm()
            await until(lambda: backend.kept().when_idle is not None)
        assert "lifespan.shutdown" not in app.messages
        await respond(send, b"whole")

    handler = adapt(serve)
    assert handler(http_event(), Context())["body"] == "whole"
    assert app.messages[-1] == "lifespan.shutdown.complete"
    (end,) = ends
    if arranged:  # this is what comes when the answer is delivered
        (installed,) = termination._installed.values()
        installed._beside_invocation()  # too late: it is done
        installed._after_invocation()
        assert signals == []
        end()
    assert len(signals) == 1


def test_busy_for_long_the_shutdown_runs_beside_the_invocation(
    adapt: Adapt, signals: list[str]
) -> None:
    app = Recorder()
    shut_down = threading.Event()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
            shut_down.set()
            return
        send_sigterm()
        await anyio.to_thread.run_sync(shut_down.wait)
        await respond(send, b"late")

    handler = adapt(serve)
    assert handler(http_event(), Context())["body"] == "late"
    assert app.messages[-1] == "lifespan.shutdown.complete"
    (installed,) = termination._installed.values()
    if installed._timer is not None:
        installed._timer.join()
    assert len(signals) == 1


def test_a_wait_ends_with_a_signal_that_came_before_it(adapt: Adapt, signals: list[str]) -> None:
    """As one that comes between the last look for signals and the wait does not interrupt it."""
    app = Recorder()
    shut_down = anyio.Event()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
            shut_down.set()
            return
        threading.Thread(target=signal_to_this_thread, args=[main]).start()
        await shut_down.wait()
        await respond(send, b"late")

    main = threading.get_ident()
    assert adapt(serve)(http_event(), Context())["body"] == "late"
    (installed,) = termination._installed.values()
    if installed._timer is not None:
        installed._timer.join()
    assert len(signals) == 1


def signal_to_this_thread(main: int) -> None:
    """Have the signal taken here, which ends no wait of the main thread, once that waits."""
    while sys._current_frames()[main].f_code.co_name not in ("select", "wait"):
        time.sleep(0.001)
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)


@pytest.mark.parametrize("lived_through", [signal.SIG_IGN])
def test_an_ignored_signal_stays_ignored(adapt: Adapt, lived_through: signal.Handlers) -> None:
    previous = signal.signal(signal.SIGTERM, lived_through)
    try:
        app = Recorder()
        adapt(app)
        send_sigterm()
        assert app.messages[-1] == "lifespan.shutdown.complete"
    finally:
        signal.signal(signal.SIGTERM, previous)


def test_the_default_is_restored_and_the_signal_raised_again(
    adapt: Adapt,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raised: list[int] = []
    monkeypatch.setattr(signal, "raise_signal", raised.append)
    previous = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        adapt(Recorder())
        send_sigterm()
        assert raised == [signal.SIGTERM]
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, previous)


def test_off_lambda_no_handler_is_set(adapt: Adapt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("_HANDLER")
    before = signal.getsignal(signal.SIGTERM)
    adapt(http_only(respond_ok))
    assert signal.getsignal(signal.SIGTERM) is before


async def respond_ok(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send)


def test_a_runtime_that_handles_the_signal_itself_runs_the_shutdowns(
    adapt: Adapt, signals: list[str]
) -> None:
    app = Recorder()
    adapt(app)
    [installed] = termination.installed()

    installed.shut_down(1.0)

    assert app.messages[-1] == "lifespan.shutdown.complete"
    assert signals == []
    assert callable(installed.previous)
