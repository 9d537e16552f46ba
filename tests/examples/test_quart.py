"""The library in Quart, as it stands, behind each front door."""

import json

import httpx

from tests.examples.running import Example
from tests.examples.sockets import environments
from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "quart"


def test_book_has_a_link(client: httpx.Client, door: FrontDoor) -> None:
    answers = [client.get("/books/2") for _ in range(3)]

    link = f"{door.url}/books/2"
    assert [answer.json() for answer in answers] == [{"title": "Čapek: R.U.R.", "link": link}] * 3
    assert client.get(link).status_code == 200


def test_session_leads_back_to_the_last_book(client: httpx.Client, door: FrontDoor) -> None:
    client.get("/books/2")

    for _ in range(3):
        answer = client.get("/last")
        assert answer.status_code == 303
        assert str(answer.url.join(answer.headers["location"])) == f"{door.url}/books/2"
    assert client.get("/last", follow_redirects=True).json()["title"] == "Čapek: R.U.R."


def test_body_arrives_as_bytes(client: httpx.Client) -> None:
    content = bytes(range(256)) * 40

    answers = [client.post("/size", content=content) for _ in range(3)]

    assert [answer.json() for answer in answers] == [{"length": len(content)}] * 3


def test_streamed_answer_arrives_whole(client: httpx.Client) -> None:
    answers = [client.get("/pages") for _ in range(3)]

    assert [answer.text for answer in answers] == ["page 1\npage 2\npage 3\n"] * 3


def test_errors_have_a_page(client: httpx.Client) -> None:
    for _ in range(3):
        answer = client.get("/books/9")
        assert (answer.status_code, answer.json()) == (404, {"error": "There is no book 9"})
    assert client.get("/books/1").status_code == 200


def test_runs_on_asyncio_with_its_lifespan(example: Example) -> None:
    assert (example.found["backend"], example.found["lifespan"]) == ("asyncio", "started")


def test_socket_searches() -> None:
    with environments(EXAMPLE) as [sockets]:
        assert sockets.enter()["statusCode"] == 200
        for word, expected in (("Č", ["Čapek: R.U.R."]), ("x", [])):
            assert json.loads(sockets.say(word)[-1]) == expected
        sockets.leave()
        assert sockets.closed() == []
