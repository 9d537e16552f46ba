"""The score board in Sanic, as it stands, behind each front door."""

import httpx

from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "sanic"


def test_score_opened_by_the_listener(client: httpx.Client) -> None:
    answers = [client.get("/scores/ada") for _ in range(3)]

    assert [answer.json() for answer in answers] == [{"name": "ada", "score": 7}] * 3
    assert dict(answers[0].cookies) == {"last": "ada", "seen": "yes"}


def test_name_is_read_from_the_bytes_of_the_path(client: httpx.Client) -> None:
    put = client.put("/scores/Zo%C3%AB%20X", json={"score": 3})

    assert (put.status_code, put.json()) == (201, {"name": "Zoë X", "score": 3})
    assert client.get("/scores/Zoë X").json() == {"name": "Zoë X", "score": 3}


def test_cookie_leads_back(client: httpx.Client, door: FrontDoor) -> None:
    client.get("/scores/ada")

    for _ in range(3):
        answer = client.get("/last")
        assert answer.status_code == 303
        assert str(answer.url.join(answer.headers["location"])) == f"{door.url}/scores/ada"


def test_stream_and_bytes_arrive_whole(client: httpx.Client) -> None:
    for _ in range(3):
        assert client.get("/stream").text == "1\n2\n3\n"
        assert client.get("/picture").content == bytes(range(256))


def test_errors_and_after_them(client: httpx.Client) -> None:
    assert client.get("/scores/nobody").status_code == 404
    assert client.put("/scores/ada", content=b"no JSON").status_code == 400
    assert client.get("/absent").status_code == 404
    assert client.get("/scores/ada").status_code == 200
