"""When an application starts under a runtime client, and what follows where it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulator.conftest import both_clients
from tests.emulator.emulator import BARE
from tests.emulator.events import request, sqs

if TYPE_CHECKING:
    from tests.emulator.conftest import Emulate


@both_clients
def test_on_lambda_the_startup_is_part_of_the_import(emulate: Emulate) -> None:
    emulator = emulate("service")

    emulator.invoke(request(path="/where"))

    assert emulator.noted == ["startup", "imported", "request /where"]


def test_without_lambdas_variables_the_startup_waits_for_the_first_invocation(
    emulate: Emulate,
) -> None:
    emulator = emulate("service", variables=BARE)

    emulator.invoke(request(path="/where"))

    assert emulator.noted == ["imported", "startup", "request /where"]


def test_the_first_invocation_may_also_be_no_request(emulate: Emulate) -> None:
    emulator = emulate("service", variables=BARE)

    emulator.invoke(sqs(bodies=["one"]))

    assert emulator.noted == ["imported", "startup"]


@both_clients
def test_a_startup_that_fails_at_import_is_an_error_of_the_initialisation(
    emulate: Emulate,
) -> None:
    emulator = emulate("startup_fails")

    answer = emulator.invoke(request(path="/where"))

    assert answer.result["errorType"] == "LifespanFailed"
    assert answer.result["errorMessage"] == "the database is down"
    assert "INIT RTDONE(status: error)" in emulator.log
    assert emulator.noted[0] == "startup"
    assert "imported" not in emulator.noted


@both_clients
def test_on_lambda_a_startup_that_fails_in_an_invocation_has_the_process_replaced(
    emulate: Emulate,
) -> None:
    emulator = emulate("startup_fails_late")

    answers = [emulator.invoke(request(path="/where")) for _ in range(2)]

    assert [answer.result["errorType"] for answer in answers] == ["LifespanFailed"] * 2
    assert [answer.result["errorMessage"] for answer in answers] == ["the database is down"] * 2
    assert emulator.noted == ["imported", "startup"] * 2
    assert len({note.pid for note in emulator.notes}) == 2
    assert emulator.log.count("[CRITICAL]") == 2


def test_without_lambdas_variables_the_next_invocation_tries_to_start_again(
    emulate: Emulate,
) -> None:
    emulator = emulate("startup_fails_late", variables=BARE)

    answers = [emulator.invoke(request(path="/where")) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert [answer.result["errorType"] for answer in answers] == ["LifespanFailed"] * 2
    assert emulator.noted == ["imported", "startup", "startup"]
    assert len({note.pid for note in emulator.notes}) == 1
