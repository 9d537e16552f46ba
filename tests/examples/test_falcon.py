"""The quotes in Falcon, as they stand, behind each front door."""

import httpx

from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "falcon"

FIRST = "I have yet to see any problem, however complicated."


def test_quote_opened_by_the_lifespan(client: httpx.Client) -> None:
    answers = [client.get("/quotes/0") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json() for answer in answers] == [{"text": FIRST}] * 3


def test_query(client: httpx.Client) -> None:
    assert client.get("/quotes?word=problem").json()["quotes"] == [FIRST]
    assert client.get("/quotes?word=%C3%BCberhaupt").json() == {"quotes": []}


def test_cookie_leads_to_what_was_added(client: httpx.Client, door: FrontDoor) -> None:
    answer = client.post("/quotes", json={"text": "Kes teisele auku kaevab"})
    number = answer.json()["number"]

    assert answer.status_code == 201
    url = f"{door.url}/quotes/{number}"
    assert str(answer.url.join(answer.headers["location"])) == url
    for _ in range(3):
        answer = client.get("/last")
        assert answer.status_code == 303
        assert str(answer.url.join(answer.headers["location"])) == url
    assert client.get(url).json() == {"text": "Kes teisele auku kaevab"}


def test_bytes(client: httpx.Client) -> None:
    answers = [client.get("/noise") for _ in range(3)]

    assert [answer.content for answer in answers] == [bytes(range(256))] * 3


def test_mistakes_of_the_client_are_answered(client: httpx.Client) -> None:
    wrong = client.post("/quotes", json={"text": ""})
    absent = client.get("/quotes/9999")

    assert (wrong.status_code, wrong.json()) == (400, {"title": "A quote has a text"})
    assert (absent.status_code, absent.json()) == (404, {"title": "There is no quote 9999"})
    assert client.get("/absent").status_code == 404
