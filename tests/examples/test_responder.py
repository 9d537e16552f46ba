"""The phone book in Responder, as it stands, behind each front door."""

import httpx
import pytest

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


@pytest.mark.parametrize("files", [None, {"card": b"any bytes"}], ids=["urlencoded", "multipart"])
def test_form_adds_a_number(client: httpx.Client, files: dict[str, bytes] | None) -> None:
    form = {"name": "Zoë", "number": "1925 & 1926"}

    answer = client.post("/numbers", data=form, files=files, follow_redirects=True)

    assert answer.json() == {"name": "Zoë", "number": "1925 & 1926"}
    assert [each.status_code for each in answer.history] == [303]


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
