"""A Runtime API that refuses, breaks off or goes away, and applications that end the process."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64decode
from typing import TYPE_CHECKING

import pytest

from tests.emulator.program import CHECKOUT, clean_environment
from tests.runtime.clients import OURS, start
from tests.runtime.double import INIT_ERROR, NEXT, REGISTER, Behaviour
from tests.runtime.events import STREAM, deadline, request

if TYPE_CHECKING:
    from tests.runtime.clients import Client

NOBODY = "There is nobody to serve any more"


def answered(client: Client, identifier: str = "again") -> bool:
    """Whether the client still serves."""
    response = client.api.invoke(request("/answer/again"), identifier)
    return bool(response.content["body"] == "again")


def test_one_connection_serves_all_invocations() -> None:
    with start("web.handler") as client:
        connections = {
            client.api.invoke(request("/answer/x"), str(number)).connection for number in range(5)
        }

    assert len(connections) == 1


def test_a_connection_that_is_closed_after_each_reply_does_no_harm() -> None:
    with start("web.handler") as client:
        client.api.closes = True
        assert answered(client, "one")
        assert answered(client, "two")


def test_large_responses_leave_as_json() -> None:
    with start("web.handler") as client:
        binary = client.api.invoke(request("/bytes/4000000"))

    content = binary.content
    assert content["statusCode"] == 200
    assert content["isBase64Encoded"]
    assert b64decode(content["body"]) == bytes([255]) * 4_000_000


def test_large_events_come_in_chunks() -> None:
    with start("functions.echo") as client:
        client.api.chunked = True
        assert client.api.invoke({"text": "x" * 1_000_000}).content == {"text": "x" * 1_000_000}


@pytest.mark.parametrize("status", [400, 403, 410])
@pytest.mark.parametrize("end", ["response", "error"])
def test_a_result_that_is_refused_is_logged_and_survived(status: int, end: str) -> None:
    handler = "web.handler" if end == "response" else "web.failing"
    with start(handler) as client:
        client.api.behaviours[end].append(Behaviour(status, b'{"errorType":"X"}'))
        client.api.invoke(request("/answer/x" if end == "response" else "/status/503"))
        assert answered(client)

    assert "(request one)" in client.log
    assert ("came too late" if status == 410 else f"with {status}: " + '{"errorType":"X"}') in (
        client.log
    )


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("end", ["next", "response", "error"])
def test_a_failing_runtime_api_ends_the_process(status: int, end: str) -> None:
    handler = "web.failing" if end == "error" else "web.handler"
    with start(handler) as client:
        client.api.behaviours[end].append(Behaviour(status, b"container error"))
        client.api.give(request("/status/503"))

        assert client.wait_for_end() == 1
        assert f"with {status}: container error" in client.log
        assert NOBODY in client.log


@pytest.mark.parametrize("cut", [0, 20, 40])
@pytest.mark.parametrize("end", ["next", "response"])
def test_a_reply_that_breaks_off_ends_the_process(cut: int, end: str) -> None:
    with start("web.handler") as client:
        client.api.behaviours[end].append(Behaviour(cut=cut))
        client.api.give(request("/answer/x"))

        assert client.wait_for_end() == 1
        assert NOBODY in client.log


def test_a_runtime_api_that_goes_away_ends_a_process_that_waits() -> None:
    with start("web.handler") as client:
        client.api.wait_for(NEXT)
        client.api.close()

        assert client.wait_for_end() == 1


@pytest.mark.parametrize("path", ["/hang/first", "/hang/last"])
def test_a_runtime_api_that_goes_away_ends_a_process_at_work(path: str) -> None:
    with start("web.handler") as client:
        client.api.give(request(path))
        client.wait_for_note(f"begins {path}")
        client.api.close()

        assert client.wait_for_end() == 1
        assert "cancelled" in client.noted
        assert NOBODY in client.log


def test_a_connection_that_is_lost_at_work_is_replaced() -> None:
    with start("web.handler") as client:
        client.api.give(request("/chunks/3/0.1"))
        client.wait_for_note("chunk 0")
        client.api.drop_connections()

        assert client.api.answer().content["body"] == "chunk 0chunk 1chunk 2"
        assert answered(client)


def test_without_a_runtime_api_the_process_ends() -> None:
    with start("web.handler") as client:
        client.api.wait_for(NEXT)
    with start("web.handler", AWS_LAMBDA_RUNTIME_API="127.0.0.1:1") as client:
        assert client.wait_for_end() == 1
        assert "no server at 127.0.0.1:1" in client.log


@pytest.mark.parametrize("source", ["http-api", "rest-api", "alb"])
def test_a_response_that_is_too_large_for_lambda_is_a_500_for_the_client(source: str) -> None:
    with start("web.handler") as client:
        client.api.behaviours["response"].append(Behaviour(413, b"too large"))
        first = client.api.invoke(request("/answer/x", source=source))
        answer = client.api.wait(lambda each: each.what == first.what, 2)
        client.api.wait_for(NEXT, 2)

    assert (answer.content["statusCode"], answer.content["body"]) == (500, "Internal Server Error")
    assert "The response is larger than Lambda takes (request one)" in client.log


def test_a_result_that_is_too_large_for_lambda_is_an_error() -> None:
    with start("functions.echo") as client:
        client.api.behaviours["response"].append(Behaviour(413, b"too large"))
        client.api.give({"queue": "x"})
        failed = client.api.wait(lambda each: each.what.endswith("/one/error"))
        client.api.wait_for(NEXT, 2)

    assert failed.content["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_stream_that_lambda_refuses_is_over() -> None:
    with start("web.handler", **STREAM) as client:
        client.api.behaviours["response"].append(Behaviour(413, b"too large"))
        client.api.invoke(request("/answer/x"))
        client.api.wait_for(NEXT, 2)

    assert "with 413: too large (request one)" in client.log


@pytest.mark.parametrize("handler", ["web.handler", "web.decorated"])
def test_an_application_may_end_the_process(handler: str) -> None:
    with start(handler) as client:
        client.api.give(request("/exit/7"))

        assert client.wait_for_end() == 7
        assert client.api.whats().count(NEXT) == 1


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({"ASGI_LAMBDA_INVOKE_MODE": "STREAM"}, "expected BUFFERED or RESPONSE_STREAM"),
        ({"ASGI_LAMBDA_STREAM_IDLE_TIMEOUT": "0"}, "expected a number of seconds"),
        ({"AWS_LAMBDA_MAX_CONCURRENCY": "many"}, "expected a number greater than 0"),
        ({"ASGI_LAMBDA_PIPELINE": "yes"}, "expected 0 or 1"),
    ],
)
def test_a_wrong_setting_is_reported(variables: dict[str, str], text: str) -> None:
    with start("web.handler", **variables) as client:
        error = client.api.wait_for(INIT_ERROR)

        assert client.wait_for_end() == 1
    assert error.content["errorType"] == "ConfigurationError"
    assert text in error.content["errorMessage"]


def test_a_startup_that_fails_is_reported() -> None:
    with start("startup_fails.handler") as client:
        error = client.api.wait_for(INIT_ERROR)

        assert client.wait_for_end() == 1
    assert error.content["errorType"] == "LifespanFailed"
    assert error.content["errorMessage"] == "the database is down"
    assert NEXT not in client.api.whats()


def test_a_report_that_is_refused_is_told() -> None:
    with start("there_is_no_such_module.handler") as client:
        client.api.behaviours["error"].append(Behaviour(500, b"no"))

        assert client.wait_for_end() == 1
        assert "answered /init/error with 500: no" in client.log


def test_after_three_that_do_not_end_the_environment_is_replaced() -> None:
    with start("web.handler") as client:
        client.api.wait_for(NEXT)
        for number in range(3):
            client.api.invoke(
                request("/hang/stubborn"), str(number), Lambda_Runtime_Deadline_Ms=deadline(0.3)
            )

        assert client.wait_for_end() == 1
        assert client.api.whats().count(NEXT) == 3
        assert "This environment ends after its answer" in client.log


def test_an_extension_that_is_refused_is_told_and_all_else_goes_on() -> None:
    with start("web.handler", refused=["register"]) as client:
        assert answered(client)

    assert client.api.wait_for(REGISTER).content == {"events": []}
    assert "was refused, with status 403" in client.log


@pytest.mark.parametrize("arguments", [[], ["a.b", "c.d"]])
def test_without_lambda_the_usage_is_told(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", OURS, *arguments],
        env=clean_environment({}),
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 2
    assert done.stderr.startswith("usage: python -m asgi_lambda.runtime [TARGET]")
