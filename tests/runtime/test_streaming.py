"""Streamed responses: what Lambda gets of them, and when."""

from __future__ import annotations

import itertools
import json
import threading
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest

from tests.emulator.program import CHECKOUT
from tests.runtime.clients import start
from tests.runtime.double import NEXT, Behaviour
from tests.runtime.events import STREAM, deadline, request

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runtime.double import Received


def parts(received: Received) -> tuple[Any, bytes]:
    """The prelude of a streamed response, and its body."""
    assert received.headers["lambda-runtime-function-response-mode"] == "streaming"
    assert received.headers["content-type"] == (
        "application/vnd.awslambda.http-integration-response"
    )
    prelude, delimiter, body = received.body.partition(bytes(8))
    assert delimiter
    return json.loads(prelude), body


def error(received: Received) -> tuple[str, str]:
    """Kind and text of the error in the trailers."""
    kind = received.trailers["lambda-runtime-function-error-type"]
    content = json.loads(b64decode(received.trailers["lambda-runtime-function-error-body"]))
    assert content["errorType"] == kind
    assert content["requestId"] == "one"
    return kind, content["errorMessage"]


def test_chunks_leave_as_they_come() -> None:
    with start("web.handler", AWS_LAMBDA_LOG_LEVEL="INFO", **STREAM) as client:
        received = client.api.invoke(
            request("/chunks/4/0.3"), Lambda_Runtime_Invocation_Id="a-nonce"
        )
        client.api.wait_for(NEXT, 2)
        handed_over = [n.at / 1e9 for n in client.notes if n.what.startswith("chunk")]

    assert parts(received) == (
        {
            "statusCode": 200,
            "headers": {"content-type": "text/plain"},
            "cookies": ["a=1", "b=2"],
        },
        b"chunk 0chunk 1chunk 2chunk 3",
    )
    assert received.headers["lambda-runtime-invocation-id"] == "a-nonce"
    assert received.trailers == {}
    assert len(received.pieces) == 4
    # Each was there before the next one was handed over.
    for (arrived, _), following in zip(received.pieces, handed_over[1:], strict=False):
        assert arrived < following
    assert "answered GET /chunks/4/0.3 with 200, 28 bytes" in client.log


def test_the_first_byte_leaves_at_once() -> None:
    delays = []
    with start("web.handler", **STREAM) as client:
        for number in range(50):
            received = client.api.invoke(request("/chunks/1/0"), str(number))
            client.api.wait_for(NEXT, number + 2)
            given = client.wait_for_note("chunk 0", times=number + 1).at / 1e9
            delays.append(received.pieces[0][0] - given)

    # The benchmarks tell how soon, on a machine that does nothing else.
    assert sorted(delays)[len(delays) // 2] < 0.04


def test_a_rest_api_has_lists_of_values_and_no_cookies() -> None:
    with start("web.handler", **STREAM) as client:
        received = client.api.invoke(request("/chunks/1/0", source="rest-api"))

    assert parts(received) == (
        {
            "statusCode": 200,
            "headers": {"content-type": "text/plain"},
            "multiValueHeaders": {"set-cookie": ["a=1", "b=2"]},
        },
        b"chunk 0",
    )


def test_the_example_of_the_documentation_sends_its_events_one_by_one(tmp_path: Path) -> None:
    page = (CHECKOUT / "docs" / "runtime.md").read_text()
    (tmp_path / "app.py").write_text(page.split("```python runnable\n")[1].split("```")[0])
    with start("app.handler", PYTHONPATH=str(tmp_path), **STREAM) as client:
        received = client.api.invoke(request("/events"))

    assert parts(received)[1] == b"data: 3\n\ndata: 2\n\ndata: 1\n\n"
    moments = [at for at, _ in received.pieces]
    assert len(moments) == 3
    assert all(later - earlier > 0.05 for earlier, later in itertools.pairwise(moments))


@pytest.mark.parametrize("source", ["http-api", "http-api-v1", "alb", "alb-multi-value"])
def test_front_doors_that_take_no_stream_get_json(source: str) -> None:
    with start("web.handler", **STREAM) as client:
        received = client.api.invoke(request("/chunks/2/0", source=source))

    assert "lambda-runtime-function-response-mode" not in received.headers
    assert received.content["body"] == "chunk 0chunk 1"


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("HEAD", "/chunks/2/0", 200, b""),
        ("GET", "/status/204", 204, b""),
        ("GET", "/answer/", 200, b""),
        ("GET", "/status/404", 404, b"body"),
        ("GET", "/raise/first", 500, b"Internal Server Error"),
        ("HEAD", "/raise/first", 500, b""),
    ],
)
def test_there_is_always_a_prelude(method: str, path: str, status: int, body: bytes) -> None:
    with start("web.handler", **STREAM) as client:
        received = client.api.invoke(request(path, method=method))
        prelude, content = parts(received)
        again = client.api.invoke(request("/answer/again"), "two")

    assert (prelude["statusCode"], content) == (status, body)
    assert parts(again)[1] == b"again"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/raise/middle", ("LookupError", "the application has a fault")),
        ("/half", ("ResponseFailed", "the response broke off: the application did not finish it")),
    ],
)
def test_a_failure_after_the_first_byte_goes_into_the_trailers(
    path: str, expected: tuple[str, str]
) -> None:
    with start("web.handler", **STREAM) as client:
        received = client.api.invoke(request(path))
        again = client.api.invoke(request("/answer/again"), "two")
        log = client.log

    assert parts(received)[0]["statusCode"] == 200
    assert error(received) == expected
    assert parts(again)[1] == b"again"
    assert "(request one)" in log


def test_a_failure_after_the_last_byte_changes_nothing() -> None:
    with start("web.handler", **STREAM) as client:
        received = client.api.invoke(request("/raise/last"))
        client.api.wait_for(NEXT, 2)

    assert parts(received)[1] == b"part"
    assert received.trailers == {}
    assert "after its response was complete (request one)" in client.log


def test_near_the_deadline_the_application_learns_of_it_and_the_stream_ends() -> None:
    with start("web.handler", **STREAM) as client:
        client.api.wait_for(NEXT)
        received = client.api.invoke(
            request("/hang/watching"), Lambda_Runtime_Deadline_Ms=deadline(1.0)
        )
        again = client.api.invoke(request("/answer/again"), "two")
        noted = client.noted[client.noted.index("begins /hang/watching") + 1 :]

    assert parts(received)[1] == b"part"
    assert error(received)[1] == ("the response broke off: it was still going on at the deadline")
    assert noted[:2] == [
        "http.disconnect",
        "OSError the request was given up, and nobody waits for its response",
    ]
    assert parts(again)[1] == b"again"


@pytest.mark.parametrize(
    ("path", "how"), [("/hang/middle", "cancelled"), ("/hang/stubborn", "cancelled in vain")]
)
def test_an_application_that_does_not_look_is_cancelled_at_the_deadline(
    path: str, how: str
) -> None:
    with start("web.handler", **STREAM) as client:
        client.api.wait_for(NEXT)
        received = client.api.invoke(request(path), Lambda_Runtime_Deadline_Ms=deadline(1.0))
        again = client.api.invoke(request("/answer/again"), "two")

    assert error(received)[1].endswith("at the deadline")
    assert how in client.noted
    assert parts(again)[1] == b"again"


def test_before_the_first_byte_the_deadline_is_a_504() -> None:
    with start("web.handler", **STREAM) as client:
        client.api.wait_for(NEXT)
        received = client.api.invoke(
            request("/hang/first"), Lambda_Runtime_Deadline_Ms=deadline(0.5)
        )

    prelude, body = parts(received)
    assert (prelude["statusCode"], body) == (504, b"Gateway Timeout")


def test_an_idle_stream_is_given_up_where_that_is_asked_for() -> None:
    with start("web.handler", ASGI_LAMBDA_STREAM_IDLE_TIMEOUT="0.2", **STREAM) as client:
        lively = client.api.invoke(request("/chunks/4/0.1"), "lively")
        received = client.api.invoke(request("/hang/middle"))
        client.api.wait_for(NEXT, 3)

    assert lively.trailers == {}
    assert error(received)[1] == "the response broke off: there was nothing more for 0.2 s"
    assert "was given up: there was nothing more for 0.2 s (request one)" in client.log
    assert "cancelled" in client.noted


def test_a_slow_reader_holds_the_application_back() -> None:
    with start("web.handler", **STREAM) as client:
        go_on = threading.Event()
        client.api.behaviours["response"].append(Behaviour(go_on=go_on))
        client.api.give(request("/megabytes/64"))
        client.wait_for_note("sent 0")
        # What the system takes for itself is far less than the whole.
        held = len([each for each in client.noted if each.startswith("sent")])
        go_on.set()
        received = client.api.answer()
        client.wait_for_note("ends /megabytes/64")

    assert held < 32
    assert len(parts(received)[1]) == 64 * 1024 * 1024


def test_200_megabytes_take_no_memory() -> None:
    with start("web.handler", **STREAM) as client:
        received = client.api.invoke(request("/megabytes/200"))
        client.wait_for_note("ends /megabytes/200")
        [growth] = [int(each.split()[1]) for each in client.noted if each.startswith("growth")]

    assert len(parts(received)[1]) == 200 * 1024 * 1024
    assert growth < 20 * 1024


def test_lambda_going_away_within_a_stream_ends_the_application_and_the_process() -> None:
    with start("web.handler", **STREAM) as client:
        client.api.give(request("/hang/watching"))
        client.wait_for_note("begins /hang/watching")
        client.api.wait(lambda each: each.what.endswith("/response") and bool(each.pieces))
        client.api.close()
        status = client.wait_for_end()

    assert status == 1
    _, disconnected, failed = client.noted[client.noted.index("begins /hang/watching") :]
    assert disconnected == "http.disconnect"
    assert failed.startswith("OSError")
    assert "There is nobody to serve any more" in client.log


def test_lambda_breaking_one_stream_off_leaves_the_others_alone() -> None:
    with start("web.handler", **STREAM) as client:
        client.api.behaviours["response"].append(Behaviour(break_off=1))
        client.api.give(request("/hang/middle"))
        again = client.api.invoke(request("/answer/again"), "two")

    assert "cancelled" in client.noted
    assert "was given up: Lambda takes no more of it (request one)" in client.log
    assert parts(again)[1] == b"again"


def test_headers_that_no_front_door_finds_the_end_of_are_an_error() -> None:
    with start("web.handler", **STREAM) as client:
        received = client.api.invoke(request("/headers/17000"))

    assert parts(received)[0]["statusCode"] == 500
    assert "gave headers that are too large: 17" in client.log


def test_a_file_is_streamed_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(range(256)) * 4096)
    with start("web.handler", FILE=str(file), **STREAM) as client:
        received = client.api.invoke(request("/file"))
        empty = client.api.invoke(request("/file", method="HEAD"), "two")
        file.unlink()
        missing = client.api.invoke(request("/file"), "three")
        buffered = client.api.invoke(request("/file", source="http-api"), "four")

    assert parts(received)[1] == bytes(range(256)) * 4096
    assert parts(empty)[1] == b""
    assert parts(missing)[0]["statusCode"] == 500
    assert buffered.content["body"] == "no such extension"


def test_background_work_does_not_hold_the_end_of_a_stream_back() -> None:
    with start("web.handler", **STREAM) as client:
        received = client.api.invoke(request("/background/0.3"))
        following = client.api.wait_for(NEXT, 2)

    assert received.whole_at is not None
    assert following.at - received.whole_at > 0.25


def test_a_status_that_fails_the_invocation_is_no_stream() -> None:
    with start("web.failing", **STREAM) as client:
        received = client.api.invoke(request("/status/503"))
        raised = client.api.invoke(request("/raise/first"), "two")
        other = client.api.invoke(request("/status/404"), "three")

    assert received.what.endswith("/error")
    assert received.content["errorType"] == "ResponseFailed"
    assert raised.content["errorType"] == "LookupError"
    assert parts(other)[1] == b"body"


@pytest.mark.parametrize(
    ("path", "body"), [("/answer/hello", b"hello"), ("/bytes/3", b"\xff\xff\xff")]
)
def test_a_decorated_handler_answers_in_one_part(path: str, body: bytes) -> None:
    with start("web.decorated", **STREAM) as client:
        received = client.api.invoke(request(path))
        buffered = client.api.invoke(request(path, source="http-api"), "two")

    prelude, content = parts(received)
    assert prelude["headers"]["x-decorated"] == "yes"
    assert content == body
    assert buffered.content["statusCode"] == 200


def test_without_the_mode_a_stream_is_collected_and_that_is_told_once() -> None:
    with start("web.handler", AWS_LAMBDA_LOG_LEVEL="INFO") as client:
        client.api.invoke(request("/chunks/3/0", source="http-api"), "elsewhere")
        before = client.log
        received = client.api.invoke(request("/chunks/3/0"))
        client.api.invoke(request("/chunks/3/0"), "two")

    assert received.content["body"] == "chunk 0chunk 1chunk 2"
    assert "RESPONSE_STREAM streams them" not in before
    assert client.log.count("ASGI_LAMBDA_INVOKE_MODE=RESPONSE_STREAM streams them") == 1
