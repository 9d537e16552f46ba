"""SIGTERM: what is under way ends, the lifespan is shut down, the process exits."""

from __future__ import annotations

import signal
import time

import pytest

from tests.runtime.clients import Client, start
from tests.runtime.double import EVENT_NEXT, NEXT, REGISTER
from tests.runtime.events import STREAM, request

# Seconds that Lambda waits before it kills a process that has an internal extension.
WINDOW = 0.5


def terminate(client: Client) -> tuple[int, float]:
    """Send the signal; the exit status, and how long (s) the end took."""
    began = time.monotonic()
    client.process.send_signal(signal.SIGTERM)
    return client.wait_for_end(), time.monotonic() - began


def test_an_extension_is_registered_and_polled_before_the_first_invocation() -> None:
    with start("web.handler") as client:
        client.api.wait_for(NEXT)
        registered, polled = client.api.wait_for(REGISTER), client.api.wait_for(EVENT_NEXT)

    assert registered.headers["lambda-extension-name"] == "asgi-lambda"
    assert registered.content == {"events": []}
    assert polled.headers["lambda-extension-identifier"] == "the-extension"
    assert client.api.whats().index(NEXT) > 0


def test_one_that_asks_for_an_extension_itself_has_the_same() -> None:
    with start("graceful_web.handler") as client:
        client.api.wait_for(NEXT)

    assert client.api.whats().count(REGISTER) == 1


@pytest.mark.parametrize("handler", ["web.handler", "web.decorated", "trio_web.handler"])
@pytest.mark.parametrize("variables", [{}, {"AWS_LAMBDA_MAX_CONCURRENCY": "4"}], ids=["1", "4"])
def test_idle(handler: str, variables: dict[str, str]) -> None:
    with start(handler, **variables) as client:
        client.api.wait_for(NEXT)
        status, _ = terminate(client)

    assert status == 0
    assert set(client.noted) == {"startup", "shutdown"}
    assert client.noted.count("startup") == client.noted.count("shutdown")


@pytest.mark.parametrize("handler", ["web.handler", "web.decorated"])
@pytest.mark.parametrize("variables", [{}, {"AWS_LAMBDA_MAX_CONCURRENCY": "4"}], ids=["1", "4"])
def test_busy_the_request_is_answered_first(handler: str, variables: dict[str, str]) -> None:
    with start(handler, **variables) as client:
        client.api.give(request("/chunks/1/0.1"))
        client.wait_for_note("begins /chunks/1/0.1")
        status, _ = terminate(client)

    assert status == 0
    assert client.api.answer().content["body"] == "chunk 0"
    assert client.noted.index("ends /chunks/1/0.1") < client.noted.index("shutdown")


def test_32_at_once_are_all_answered_within_the_window() -> None:
    with start("web.handler", AWS_LAMBDA_MAX_CONCURRENCY="32") as client:
        client.api.wait_for(NEXT, 32)
        for number in range(32):
            client.api.give(request("/chunks/1/0.1"), str(number))
        client.wait_for_note("begins /chunks/1/0.1", times=32)
        status, took = terminate(client)

    assert status == 0
    assert all(client.api.answer(str(number)).content["body"] == "chunk 0" for number in range(32))
    assert "shutdown" in client.noted
    assert client.api.whats().count(NEXT) == 32
    assert took < WINDOW + 1  # the end of the interpreter, with its coverage, included


@pytest.mark.parametrize("variables", [{}, {"AWS_LAMBDA_MAX_CONCURRENCY": "4"}], ids=["1", "4"])
def test_one_that_takes_too_long_is_cancelled_and_reported(variables: dict[str, str]) -> None:
    with start("web.handler", **variables) as client:
        client.api.give(request("/chunks/1/5"))
        client.wait_for_note("begins /chunks/1/5")
        status, _ = terminate(client)

    assert status == 0
    assert client.api.answer().content["statusCode"] == 500
    assert client.noted.index("cancelled") < client.noted.index("shutdown")
    assert "was given up: the execution environment was shut down" in client.log


def test_a_stream_that_takes_too_long_ends_with_the_trailers() -> None:
    with start("web.handler", **STREAM) as client:
        client.api.give(request("/hang/watching"))
        client.wait_for_note("begins /hang/watching")
        status, _ = terminate(client)

    assert status == 0
    answer = client.api.answer()
    assert answer.body.endswith(b"part")
    assert answer.trailers["lambda-runtime-function-error-type"] == "ResponseFailed"
    assert "http.disconnect" in client.noted


def test_background_work_that_takes_too_long_is_cancelled() -> None:
    with start("web.handler") as client:
        client.api.invoke(request("/background/5"))
        status, _ = terminate(client)

    assert status == 0
    assert client.api.answer().content["body"] == "done"
    assert client.noted.index("cancelled") < client.noted.index("shutdown")


@pytest.mark.parametrize("variables", [{}, {"AWS_LAMBDA_MAX_CONCURRENCY": "2"}], ids=["1", "2"])
@pytest.mark.parametrize("handler", ["web.decorated", "web.blocking"])
def test_a_function_that_takes_too_long_is_left_behind(
    handler: str, variables: dict[str, str]
) -> None:
    with start(handler, **variables) as client:
        client.api.give(request("/hang/first"))
        client.wait_for_note("begins /hang/first")
        status, took = terminate(client)

    assert status == 0
    assert took < 2
    assert "shutdown" in client.noted
    if variables:
        assert client.api.answer().content["errorType"] == "Runtime.Shutdown"


def test_a_shutdown_that_hangs_does_not_hold_the_end() -> None:
    with start("hanging_shutdown.handler") as client:
        client.api.wait_for(NEXT)
        status, took = terminate(client)

    assert status == 0
    assert took < 2
    assert "The shutdown took too long" in client.log


@pytest.mark.parametrize(("path", "shut_down"), [("/hang/stubborn", True), ("/block", False)])
def test_an_application_that_does_not_end_is_left_behind(path: str, shut_down: bool) -> None:
    with start("web.handler") as client:
        client.api.give(request(path))
        client.wait_for_note(f"begins {path}")
        status, took = terminate(client)

    assert status == 0
    assert took < 2
    assert ("shutdown" in client.noted) is shut_down


def test_a_second_signal_changes_nothing() -> None:
    with start("web.handler") as client:
        client.api.give(request("/chunks/1/0.1"))
        client.wait_for_note("begins /chunks/1/0.1")
        client.process.send_signal(signal.SIGTERM)
        status, _ = terminate(client)

    assert status == 0
    assert client.api.answer().content["body"] == "chunk 0"


@pytest.mark.parametrize("handler", ["own_signal_handler.handler", "own_signal_handler.function"])
def test_a_handler_that_the_function_has_set_is_called_in_the_end(handler: str) -> None:
    with start(handler) as client:
        client.api.wait_for(NEXT)
        status, _ = terminate(client)

    assert status == 7
    assert client.noted[-1] == "own handler"
