"""The to-do list in Lemon, as it stands, behind each front door."""

import httpx

from tests.examples.running import Example

EXAMPLE = "lemon"


def test_task(client: httpx.Client) -> None:
    answers = [client.get("/tasks/1") for _ in range(3)]

    expected = {"number": "1", "text": "buy lemons", "seen": None}
    assert [answer.json() for answer in answers] == [expected] * 3
    assert answers[0].headers["content-type"] == "application/json; utf-8"
    assert int(answers[0].headers["x-words"]) >= 2


def test_added_task_and_its_cookie(client: httpx.Client) -> None:
    number = client.post("/tasks", json={"text": "säge"}).json()["number"]

    answers = [client.get(f"/tasks/{number}") for _ in range(3)]

    expected = {"number": number, "text": "säge", "seen": number}
    assert [answer.json() for answer in answers] == [expected] * 3


def test_query(client: httpx.Client) -> None:
    assert client.get("/query?word=lemons").json() == {"tasks": ["buy lemons"]}
    assert client.get("/query?word=k%C3%B6%C3%B6k").json() == {"tasks": []}


def test_errors_and_after_them(client: httpx.Client) -> None:
    absent = client.get("/tasks/9999")

    assert (absent.status_code, absent.json()) == (404, {"error": "There is no task 9999"})
    assert client.get("/absent").status_code == 404
    assert client.get("/query").status_code == 500
    assert client.get("/tasks/1").status_code == 200


def test_is_of_asgi_2(example: Example) -> None:
    assert (example.found["interface"], example.found["lifespan"]) == ("asgi2", "off")
