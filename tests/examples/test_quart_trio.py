"""The weather in Quart-Trio, as it stands, behind each front door."""

import httpx
import pytest

from tests.examples.running import Example

EXAMPLE = "quart_trio"


def test_stations_are_asked_at_once(client: httpx.Client) -> None:
    answers = [client.get("/weather") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json() for answer in answers] == [{"north": -4.5, "south": 21.0}] * 3


def test_worker_of_the_lifespan_counts_on(client: httpx.Client) -> None:
    before = client.get("/counts").json()
    for _ in range(3):
        client.get("/weather")
    after = client.get("/counts").json()

    assert {name: after[name] - before[name] for name in after} == {"north": 3, "south": 3}


@pytest.mark.parametrize("seconds", ["0.001", "0.05"])
def test_request_gives_up_by_itself(client: httpx.Client, seconds: str) -> None:
    answers = [client.get(f"/patience?seconds={seconds}") for _ in range(2)]

    assert [answer.json() for answer in answers] == [{"gave_up": True}] * 2


def test_wrong_request_is_an_error_and_the_next_one_works(client: httpx.Client) -> None:
    assert client.get("/patience?seconds=soon").status_code == 500
    assert client.get("/absent").status_code == 404
    assert client.get("/weather").status_code == 200


def test_runs_on_trio_unasked(example: Example) -> None:
    assert (example.found["backend"], example.found["lifespan"]) == ("trio", "started")
