"""SIGTERM to AWS's runtime client: to its process alone, or from the emulator, which stops."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.emulator.emulator import WITHOUT_INITIALIZATION_TYPE, WITHOUT_POLLING_THREAD
from tests.emulator.events import request

if TYPE_CHECKING:
    from concurrent.futures import Future

    from tests.emulator.conftest import Emulate
    from tests.emulator.emulator import Answer, Emulator

# Seconds. Much more than the shutdown takes, and much less than the deadline of the invocation.
SOON: Final = 5

by_the_signal: Final = "exited: signal: terminated"


def start(emulator: Emulator) -> Any:
    """The process of the function, which the first invocation starts."""
    return emulator.invoke(request(path="/where")).content["pid"]


def occupy(emulator: Emulator, path: str) -> Future[Answer]:
    """An invocation that is under way."""
    answer = emulator.invoke_meanwhile(request(path=path))
    emulator.wait_for_note(f"request {path}")
    return answer


def test_idle_the_shutdown_runs_and_the_process_ends_by_the_signal(emulate: Emulate) -> None:
    emulator = emulate("service")

    os.kill(start(emulator), signal.SIGTERM)
    emulator.wait_for_log(by_the_signal)

    assert emulator.noted == ["startup", "imported", "request /where", "shutdown"]


def test_busy_the_answer_is_delivered_before_the_process_ends_by_the_signal(
    emulate: Emulate,
) -> None:
    emulator = emulate("service")
    pid = start(emulator)

    busy = occupy(emulator, "/busy/0.1")
    os.kill(pid, signal.SIGTERM)
    answer = busy.result(SOON)
    emulator.wait_for_log(by_the_signal)

    assert (answer.result["statusCode"], answer.content["pid"]) == (200, pid)
    assert emulator.noted[3:] == ["request /busy/0.1", "busy no more", "shutdown"]
    assert start(emulator) != pid


@pytest.mark.parametrize("path", ["/busy/1.5", "/hang", "/swallow"])
def test_busy_for_long_the_shutdown_runs_beside_the_invocation(emulate: Emulate, path: str) -> None:
    emulator = emulate("service")

    # Not once only: whether the signal finds the loop waiting or on its way to wait is chance.
    for _ in range(3):
        pid = start(emulator)
        busy = emulator.invoke_meanwhile(request(path=path))
        emulator.wait_for_note(f"request {path}", pid=pid)
        os.kill(pid, signal.SIGTERM)

        answer = busy.result(SOON)

        assert answer.result["errorType"] == "Runtime.ExitError"
        assert answer.result["errorMessage"].endswith("signal: terminated")
        assert [note.what for note in emulator.notes if note.pid == pid][3:] == [
            f"request {path}",
            "shutdown",
        ]


@pytest.mark.parametrize("path", [None, "/busy/0.1", "/busy/1.5"], ids=["idle", "busy", "long"])
def test_a_handler_set_before_adapt_is_called_after_the_shutdown(
    emulate: Emulate, path: str | None
) -> None:
    emulator = emulate("own_signal_handler")
    pid = start(emulator)

    busy = None if path is None else occupy(emulator, path)
    os.kill(pid, signal.SIGTERM)
    emulator.wait_for_log("exited: exit status 7")

    assert emulator.noted[-2:] == ["shutdown", "own handler"]
    if path == "/busy/0.1":
        assert busy is not None
        assert busy.result(SOON).content["pid"] == pid


@pytest.mark.parametrize("path", [None, "/busy/0.1"], ids=["idle", "busy"])
def test_where_that_handler_returns_the_process_goes_on_and_starts_up_again(
    emulate: Emulate, path: str | None
) -> None:
    emulator = emulate("signal_survivor")
    pid = start(emulator)

    # A second signal is treated as the first one.
    for time in (1, 2):
        busy = None
        if path is not None:
            busy = emulator.invoke_meanwhile(request(path=path))
            emulator.wait_for_note(f"request {path}", times=time)
        os.kill(pid, signal.SIGTERM)
        emulator.wait_for_note("own handler", times=time)
        if busy is not None:
            assert busy.result(SOON).content["pid"] == pid

        # Long enough for anything that the signal might have left behind.
        assert emulator.invoke(request(path="/busy/0.5")).content["pid"] == pid
        assert emulator.noted.count("shutdown") == time
        assert emulator.noted.count("own handler") == time
        assert emulator.noted.count("startup") == time + 1


def test_where_lambda_is_not_seen_the_signal_is_left_to_python(emulate: Emulate) -> None:
    emulator = emulate("service", variables=WITHOUT_INITIALIZATION_TYPE)

    os.kill(start(emulator), signal.SIGTERM)
    emulator.wait_for_log(by_the_signal)

    assert emulator.noted == ["imported", "startup", "request /where"]


def test_lambda_stopping_a_graceful_function_that_is_idle_shuts_it_down(emulate: Emulate) -> None:
    emulator = emulate("graceful")
    start(emulator)

    emulator.process.terminate()
    emulator.wait_for_end()

    assert emulator.noted == ["startup", "imported", "request /where", "shutdown"]
    assert "SIGKILL" not in emulator.log


def test_lambda_stopping_a_graceful_function_that_is_busy_shuts_it_down_afterwards(
    emulate: Emulate,
) -> None:
    emulator = emulate("graceful")
    start(emulator)

    occupy(emulator, "/busy/0.1")
    emulator.process.terminate()
    emulator.wait_for_end()

    assert emulator.noted[3:] == ["request /busy/0.1", "busy no more", "shutdown"]
    assert "SIGKILL" not in emulator.log


def test_lambda_stopping_a_graceful_function_that_hangs_shuts_it_down_beside(
    emulate: Emulate,
) -> None:
    emulator = emulate("graceful")
    start(emulator)

    occupy(emulator, "/hang")
    emulator.process.terminate()
    emulator.wait_for_end()

    assert emulator.noted[3:] == ["request /hang", "shutdown"]


def test_lambda_stopping_a_function_without_an_extension_kills_it(emulate: Emulate) -> None:
    emulator = emulate("service")
    start(emulator)

    emulator.process.terminate()
    emulator.wait_for_end()

    assert emulator.noted == ["startup", "imported", "request /where"]
    assert "Sending SIGKILL" in emulator.log


def test_without_a_polling_thread_lambda_stopping_an_idle_function_kills_it_unheard(
    emulate: Emulate,
) -> None:
    emulator = emulate("graceful", variables=WITHOUT_POLLING_THREAD)
    start(emulator)

    emulator.process.terminate()
    emulator.wait_for_end()

    assert emulator.noted == ["startup", "imported", "request /where"]
    assert "The runtime did not exit after deadline" in emulator.log


def test_without_a_polling_thread_lambda_stopping_a_busy_function_shuts_it_down(
    emulate: Emulate,
) -> None:
    emulator = emulate("graceful", variables=WITHOUT_POLLING_THREAD)
    start(emulator)

    occupy(emulator, "/busy/0.1")
    emulator.process.terminate()
    emulator.wait_for_end()

    assert emulator.noted[3:] == ["request /busy/0.1", "busy no more", "shutdown"]
    assert "SIGKILL" not in emulator.log


def test_without_a_polling_thread_the_signal_waits_for_the_next_event_and_costs_it_its_answer(
    emulate: Emulate,
) -> None:
    emulator = emulate("service", variables=WITHOUT_POLLING_THREAD)
    pid = start(emulator)

    os.kill(pid, signal.SIGTERM)
    answer = emulator.invoke(request(path="/where"))

    assert answer.result["errorType"] == "Runtime.ExitError"
    assert answer.result["errorMessage"].endswith("signal: terminated")
    assert emulator.noted == ["startup", "imported", "request /where", "shutdown"]
    assert start(emulator) != pid
