"""Whole invocations, through AWS's emulator, under its runtime client and under ours."""

from __future__ import annotations

import hashlib
import importlib
import json
import random
from base64 import b64decode
from typing import TYPE_CHECKING, Final

import pytest

from tests.emulator.conftest import both_clients
from tests.emulator.emulator import BARE, LIKE_LAMBDA
from tests.emulator.events import durable, request, sqs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.emulator.conftest import Emulate

pytestmark = both_clients

# Those whose packages are in the environment of these tests; tests/examples runs all of them.
EXAMPLES: Final = ["asgi2_class", "asgi2_function", "fastapi", "hello", "starlette"]

both_environments = pytest.mark.parametrize(
    "variables", [LIKE_LAMBDA, BARE], ids=["as-lambda-sets-it", "without-lambdas-variables"]
)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_answers_as_it_does_without_the_runtime(emulate: Emulate, example: str) -> None:
    module = f"examples.{example}.app"
    event = request(path="/")
    emulator = emulate(f"{module}.handler")

    answers = [emulator.invoke(event) for _ in range(2)]

    handler = importlib.import_module(module).handler
    handler.shutdown()  # other tests may have called it; its state begins anew with it
    expected = [json.loads(json.dumps(handler(event, None))) for _ in range(2)]
    handler.shutdown()
    assert [answer.result for answer in answers] == expected
    assert [answer.status for answer in answers] == [200, 200]


@both_environments
def test_five_invocations_share_one_process_loop_and_startup(
    emulate: Emulate, variables: Mapping[str, str]
) -> None:
    emulator = emulate("service", variables=variables)

    answers = [emulator.invoke(request(path="/where")) for _ in range(5)]

    assert [(answer.status, answer.result["statusCode"]) for answer in answers] == [(200, 200)] * 5
    assert [answer.content for answer in answers] == [answers[0].content] * 5
    assert emulator.noted.count("startup") == 1
    assert emulator.noted.count("request /where") == 5


@both_environments
def test_an_error_of_the_application_is_a_500_and_the_next_invocation_works(
    emulate: Emulate, variables: Mapping[str, str]
) -> None:
    emulator = emulate("service", variables=variables)

    before = emulator.invoke(request(path="/where"))
    failed = emulator.invoke(request(path="/raise"))
    after = emulator.invoke(request(path="/where"))

    assert failed.status == 200
    assert failed.result == {
        "statusCode": 500,
        "headers": {"content-type": "text/plain; charset=utf-8"},
        "body": "Internal Server Error",
        "isBase64Encoded": False,
    }
    assert "RuntimeError: the application has a fault" in emulator.log
    assert after == before


@both_environments
def test_a_large_binary_body_is_the_same_both_ways(
    emulate: Emulate, variables: Mapping[str, str]
) -> None:
    body = random.Random(1).randbytes(4_400_000)
    digest = hashlib.sha256(body).hexdigest()

    answer = emulate("service", variables=variables).invoke(
        request(path="/digest", method="POST", body=body)
    )

    result = answer.result
    assert (answer.status, result["statusCode"], result["isBase64Encoded"]) == (200, 200, True)
    assert result["headers"]["x-digest"] == digest
    assert hashlib.sha256(b64decode(result["body"], validate=True)).hexdigest() == digest


def test_a_response_over_the_limit_is_a_500_that_the_log_explains(emulate: Emulate) -> None:
    emulator = emulate("service")

    answer = emulator.invoke(request(path="/too-large"))
    after = emulator.invoke(request(path="/where"))

    assert (answer.status, answer.result["statusCode"]) == (200, 500)
    assert answer.result["body"] == "Internal Server Error"
    (line,) = (line for line in emulator.log.splitlines() if line.startswith("[ERROR]"))
    assert "6291556 bytes" in line
    assert "presigned URL" in line
    assert (after.status, after.result["statusCode"]) == (200, 200)


@both_environments
def test_on_event_takes_a_batch_of_sqs_on_the_loop_of_the_requests(
    emulate: Emulate, variables: Mapping[str, str]
) -> None:
    emulator = emulate("service", variables=variables)

    answer = emulator.invoke(sqs(bodies=["one", "två"]))
    place = emulator.invoke(request(path="/where")).content

    assert (answer.status, answer.result) == (200, {"bodies": ["one", "två"], **place})
    assert emulator.noted.count("startup") == 1


@pytest.mark.parametrize(
    ("application", "event"),
    [
        pytest.param("examples.hello.app.handler", sqs(bodies=["one"]), id="no-on_event"),
        pytest.param("service", durable(), id="what-looks-like-another-protocol"),
    ],
)
def test_an_unsupported_event_fails_the_invocation_alone(
    emulate: Emulate, application: str, event: dict[str, object]
) -> None:
    emulator = emulate(application)

    failed = emulator.invoke(event)
    after = emulator.invoke(request(path="/where"))

    assert failed.result["errorType"] == "UnsupportedEvent"
    assert all(repr(key) in failed.result["errorMessage"] for key in event)
    assert after.result["statusCode"] == 200
