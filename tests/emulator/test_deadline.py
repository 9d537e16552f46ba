"""Applications that do not end in time, under AWS's runtime client and under ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.emulator.conftest import both_clients
from tests.emulator.emulator import BARE, LIKE_LAMBDA
from tests.emulator.events import request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.emulator.conftest import Emulate
    from tests.emulator.emulator import Emulator

pytestmark = both_clients

# Seconds. The smallest that leaves time to start within the first invocation.
TIMEOUT: Final = 2


def warm(emulator: Emulator) -> Any:
    """Where the function runs, now that it has started: all time is for the next event."""
    return emulator.invoke(request(path="/where")).content


@pytest.mark.parametrize(
    "variables", [LIKE_LAMBDA, BARE], ids=["as-lambda-sets-it", "without-lambdas-variables"]
)
def test_an_application_that_hangs_is_a_504_and_the_next_invocation_works(
    emulate: Emulate, variables: Mapping[str, str]
) -> None:
    emulator = emulate("service", variables=variables, timeout=TIMEOUT)
    place = warm(emulator)

    hung = emulator.invoke(request(path="/hang"))
    after = emulator.invoke(request(path="/where"))

    assert hung.status == 200
    assert hung.result == {
        "statusCode": 504,
        "headers": {"content-type": "text/plain; charset=utf-8"},
        "body": "Gateway Timeout",
        "isBase64Encoded": False,
    }
    assert emulator.noted.count("cancelled") == 1
    # Where it hung.
    assert "in _hang\n" in emulator.log
    assert after.content == place


def test_the_third_application_that_is_abandoned_has_the_process_replaced(
    emulate: Emulate,
) -> None:
    emulator = emulate("service", timeout=TIMEOUT)
    place = warm(emulator)

    answers = [emulator.invoke(request(path="/swallow")) for _ in range(3)]
    after = warm(emulator)

    assert [answer.result["statusCode"] for answer in answers] == [504] * 3
    assert emulator.noted.count("cancelled in vain") == 3
    assert {note.pid for note in emulator.notes if "vain" in note.what} == {place["pid"]}
    assert emulator.log.count("[CRITICAL]") == 1
    assert after["pid"] != place["pid"]
    assert emulator.noted.count("startup") == 2


def test_code_that_blocks_the_loop_is_named_before_lambda_ends_the_process(
    emulate: Emulate,
) -> None:
    emulator = emulate("service", timeout=TIMEOUT)
    place = warm(emulator)

    answer = emulator.invoke(request(path="/block"))
    after = warm(emulator)

    assert answer.text == "Task timed out after 2.00 seconds"
    stacks = emulator.log[emulator.log.index("[CRITICAL]") :]
    assert "time.sleep(60)" in stacks[: stacks.index("Reset initiated")]
    assert after["pid"] != place["pid"]
