"""The phone book in Responder, as it stands, behind each front door."""

import httpx

from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "responder"


def test_number_opened_by_the_lifespan(client: httpx.Client) -> None:
    answers = [client.get("/numbers/grace") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json() for answer in answers] == [{"name": "grace", "number": "1906"}] * 3
    assert answers[0].headers["set-cookie"].startswith("last=grace")


def test_cookie_leads_back(client: httpx.Client, door: FrontDoor) -> None:
    client.get("/numbers/grace")

    for _ in range(3):
        answer = client.get("/last")
        assert answer.status_code == 303
        assert str(answer.url.join(answer.headers["location"])) == f"{door.url}/numbers/grace"
    assert client.get("/last", follow_redirects=True).json()["number"] == "1906"


def test_bytes_both_ways(client: httpx.Client) -> None:
    content = bytes(range(256)) * 40

    answers = [client.post("/upside-down", content=content) for _ in range(3)]

    assert [answer.content for answer in answers] == [content[::-1]] * 3
    assert answers[0].headers["content-type"] == "application/octet-stream"


def test_nobody_and_nothing(client: httpx.Client) -> None:
    answer = client.get("/numbers/nobody")

    assert (answer.status_code, answer.json()) == (404, {"error": "nobody is called nobody"})
    assert client.get("/absent").status_code == 404
    assert client.get("/numbers/ada").status_code == 200
