"""Errors reported to Sentry, behind each front door."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.examples.running import running
from tests.examples.sentry import Events, collecting
from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "sentry_sdk"

HEADERS = {"authorization": "Bearer sesame", "cookie": "session=sesame", "x-kind": "test"}


@pytest.fixture(scope="module")
def collected() -> Iterator[tuple[str, Events]]:
    with collecting() as collected:
        yield collected


@pytest.fixture(scope="module")
def variables(collected: tuple[str, Events]) -> dict[str, str]:
    return {"SENTRY_DSN": collected[0]}


def test_error_is_reported_before_the_answer_is_out(
    client: httpx.Client, door: FrontDoor, collected: tuple[str, Events]
) -> None:
    _, events = collected
    for _ in range(3):
        answer = client.get("/divide/0?word=one", headers=HEADERS)

        assert answer.status_code == 500
        event = events.get_nowait()
        [error] = event["exception"]["values"]
        assert (error["type"], error["value"]) == ("ZeroDivisionError", "division by zero")
        assert event["request"]["url"] == f"{door.url}/divide/0"
        assert event["request"]["query_string"] == "word=one"
        assert event["request"]["headers"]["x-kind"] == "test"
        assert "sesame" not in str(event)
        assert events.empty()


def test_what_succeeds_is_not_reported(client: httpx.Client, collected: tuple[str, Events]) -> None:
    for _ in range(3):
        answer = client.get("/divide/8")
        assert (answer.status_code, answer.text) == (200, "12.5")
    assert collected[1].empty()


def test_runs_without_an_address(door: FrontDoor) -> None:
    with running(EXAMPLE) as example:
        assert (
            example(door.event(method="GET", target=f"{door.prefix}/divide/0"))["statusCode"] == 500
        )


def test_links_have_the_whole_path(client: httpx.Client, door: FrontDoor) -> None:
    answers = [client.get("/") for _ in range(3)]

    assert [answer.text for answer in answers] == [f"{door.url}/divide/4"] * 3
    assert client.get(answers[0].text).text == "25"
