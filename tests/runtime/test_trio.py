"""Applications on trio: their loop runs beside that of the runtime, and nothing else differs."""

from __future__ import annotations

import threading

import pytest

from tests.runtime.clients import start
from tests.runtime.double import NEXT, Behaviour
from tests.runtime.events import STREAM, deadline, request
from tests.runtime.test_streaming import error, parts

HANDLER = "trio_web.handler"


def test_chunks_leave_as_they_come() -> None:
    with start(HANDLER, **STREAM) as client:
        received = client.api.invoke(request("/chunks/3/0.1"))

    assert parts(received)[1] == b"chunk 0chunk 1chunk 2"
    assert [piece.endswith(b"chunk %d" % n) for n, (_, piece) in enumerate(received.pieces)] == [
        True
    ] * 3
    assert received.pieces[-1][0] - received.pieces[0][0] > 0.15


def test_the_response_is_there_while_the_work_goes_on() -> None:
    with start(HANDLER) as client:
        received = client.api.invoke(request("/background/0.3"))
        following = client.api.wait_for(NEXT, 2)

    assert received.content["body"] == "done"
    assert received.whole_at is not None
    assert following.at - received.whole_at > 0.25


def test_a_failure_after_the_first_byte_goes_into_the_trailers() -> None:
    with start(HANDLER, **STREAM) as client:
        received = client.api.invoke(request("/raise"))
        again = client.api.invoke(request("/answer/again"), "two")

    assert error(received) == ("LookupError", "the application has a fault")
    assert parts(again)[1] == b"again"


@pytest.mark.parametrize("path", ["/hang/watching", "/hang/middle"])
def test_near_the_deadline_the_stream_ends(path: str) -> None:
    with start(HANDLER, **STREAM) as client:
        client.api.wait_for(NEXT)
        received = client.api.invoke(request(path), Lambda_Runtime_Deadline_Ms=deadline(1.0))
        again = client.api.invoke(request("/answer/again"), "two")

    assert error(received)[1].endswith("at the deadline")
    assert ("http.disconnect" if path == "/hang/watching" else "cancelled") in client.noted
    assert parts(again)[1] == b"again"


def test_a_slow_reader_holds_the_application_back() -> None:
    with start(HANDLER, **STREAM) as client:
        go_on = threading.Event()
        client.api.behaviours["response"].append(Behaviour(go_on=go_on))
        client.api.give(request("/megabytes/64"))
        client.wait_for_note("sent 0")
        held = len([each for each in client.noted if each.startswith("sent")])
        go_on.set()
        received = client.api.answer()

    assert held < 32
    assert len(parts(received)[1]) == 64 * 1024 * 1024


def test_lambda_going_away_reaches_the_application_at_its_send() -> None:
    with start(HANDLER, **STREAM) as client:
        client.api.behaviours["response"].append(Behaviour(break_off=1))
        client.api.give(request("/chunks/100/0.01"))
        again = client.api.invoke(request("/answer/again"), "two")

    assert any(each.startswith("OSError") for each in client.noted)
    assert parts(again)[1] == b"again"


def test_lambda_going_away_reaches_an_application_that_is_held_back() -> None:
    with start(HANDLER, **STREAM) as client:
        go_on = threading.Event()
        client.api.behaviours["response"].append(Behaviour(go_on=go_on))
        client.api.give(request("/megabytes/64"))
        client.wait_for_note("sent 0")
        client.api.drop_connections()
        go_on.set()
        again = client.api.invoke(request("/answer/again"), "two")

    assert any(each.startswith("OSError") for each in client.noted)
    assert parts(again)[1] == b"again"


def test_files_are_not_sent_by_their_paths() -> None:
    with start(HANDLER, **STREAM) as client:
        assert parts(client.api.invoke(request("/file")))[1] == b"False"


@pytest.mark.parametrize("variables", [{}, {"AWS_LAMBDA_MAX_CONCURRENCY": "2"}], ids=["1", "2"])
def test_an_application_may_end_the_process(variables: dict[str, str]) -> None:
    with start(HANDLER, **variables) as client:
        client.api.give(request("/exit/7"))

        assert client.wait_for_end() == 7


def test_the_end_of_the_environment_cancels_what_takes_too_long() -> None:
    with start(HANDLER) as client:
        client.api.give(request("/hang/middle"))
        client.wait_for_note("begins /hang/middle")
        client.process.terminate()

        assert client.wait_for_end() == 0
    assert client.api.answer().content["statusCode"] == 500
    assert client.noted.index("cancelled") < client.noted.index("shutdown")
