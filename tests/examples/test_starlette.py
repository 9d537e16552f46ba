"""The bookshelf, as it stands, behind each front door."""

import gzip

import httpx

from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "starlette"


def test_book_has_a_link_and_leaves_a_cookie(client: httpx.Client, door: FrontDoor) -> None:
    answers = [client.get("/books/2") for _ in range(3)]

    expected = {"title": "Čapek: R.U.R.", "self": f"{door.url}/books/2"}
    assert [answer.json() for answer in answers] == [expected] * 3
    for answer in answers:
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["set-cookie"].startswith("last=2; ")
    assert client.get(expected["self"]).json() == expected


def test_redirects_to_the_book_in_the_cookie(client: httpx.Client, door: FrontDoor) -> None:
    client.get("/books/2")

    for _ in range(3):
        answer = client.get("/last")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"{door.url}/books/2"
    assert client.get("/last", follow_redirects=True).json()["title"] == "Čapek: R.U.R."


def test_archive_arrives_as_bytes(client: httpx.Client) -> None:
    answers = [client.get("/archive") for _ in range(3)]

    assert answers[0].content == answers[1].content == answers[2].content
    assert answers[0].headers["content-type"] == "application/gzip"
    assert gzip.decompress(answers[0].content).decode() == "Middlemarch\nČapek: R.U.R."


def test_unknown_book_is_not_found(client: httpx.Client) -> None:
    answers = [client.get("/books/3") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert answers[0].text == "There is no book 3"
