"""The glossary in Nardis, as it stands, behind each front door."""

import httpx

from tests.examples.running import Example
from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "nardis"

ASGI = "what stands between server and application"


def test_word(client: httpx.Client) -> None:
    answers = [client.get("/words/asgi") for _ in range(3)]

    assert [answer.text for answer in answers] == [ASGI] * 3
    assert answers[0].headers["content-type"] == "text/plain; charset=utf-8"


def test_query_is_answered_in_pieces(client: httpx.Client) -> None:
    assert client.get("/?q=between").text == "asgi\n"
    # Letters of other alphabets need Python 3.12: Nardis parses the query as bytes.
    assert client.get("/?q=a%20page").text == ""


def test_form_and_redirect(client: httpx.Client, door: FrontDoor) -> None:
    for _ in range(3):
        answer = client.post("/", data={"word": "leib", "text": "must või valge"})

        assert answer.status_code == 303
        assert answer.headers["set-cookie"] == "last=leib"
        assert str(answer.url.join(answer.headers["location"])) == f"{door.url}/words/leib"
    assert client.get("/words/leib").text == "must või valge"


def test_errors_and_after_them(client: httpx.Client) -> None:
    unknown = client.get("/words/none")

    assert (unknown.status_code, unknown.text) == (404, "none is not explained yet")
    assert client.get("/absent").status_code == 404
    assert client.post("/", data={"word": "half"}).status_code == 500
    assert client.get("/words/asgi").status_code == 200


def test_is_of_asgi_2(example: Example) -> None:
    assert (example.found["interface"], example.found["lifespan"]) == ("asgi2", "without lifespan")
