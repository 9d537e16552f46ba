"""The register in BlackSheep, as it stands, behind each front door."""

import httpx

from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "blacksheep"


def test_sheep_has_a_link(client: httpx.Client, door: FrontDoor) -> None:
    answers = [client.get("/sheep/0") for _ in range(3)]

    link = f"{door.url}/sheep/0"
    expected = {"name": "Dolly", "kilograms": 70.0, "link": link}
    assert [answer.json() for answer in answers] == [expected] * 3
    assert client.get(link).json() == expected


def test_cookie_leads_to_what_was_added(client: httpx.Client, door: FrontDoor) -> None:
    answer = client.post("/sheep", json={"name": "Määä", "kilograms": 50})
    number = answer.json()["number"]

    assert answer.status_code == 201
    for _ in range(3):
        answer = client.get("/last")
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            f"{door.url}/sheep/{number}",
        )
    assert client.get("/last", follow_redirects=True).json()["name"] == "Määä"


def test_bytes(client: httpx.Client) -> None:
    answers = [client.get("/wool") for _ in range(3)]

    assert [answer.content for answer in answers] == [bytes(range(256))] * 3
    assert answers[0].headers["content-type"] == "application/octet-stream"


def test_mistakes_of_the_client_are_answered(client: httpx.Client) -> None:
    absent = client.get("/sheep/9999")

    assert (absent.status_code, absent.text) == (404, "There is no sheep 9999")
    assert client.get("/sheep/two").status_code == 400
    assert client.post("/sheep", json={"name": "Ba"}).status_code == 400
    assert client.get("/absent").status_code == 404
    assert client.get("/sheep/0").status_code == 200
