"""The diary in Django, as it stands, behind each front door."""

import httpx

from tests.examples.running import Example
from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "django"


def write(*, client: httpx.Client, text: str) -> httpx.Response:
    """The answer to a form, sent as a page would send it."""
    index = client.get("/").json()
    data = {"csrfmiddlewaretoken": index["token"], "text": text}
    return client.post(index["write"], data=data, headers={"referer": index["write"]})


def test_links_lead_back_through_the_front_door(client: httpx.Client, door: FrontDoor) -> None:
    for _ in range(3):
        answer = client.get("/")
        assert answer.json()["write"] == f"{door.url}/entries"
        assert "csrftoken" in answer.cookies


def test_form_is_written_and_shown(client: httpx.Client, door: FrontDoor) -> None:
    for text in ("rain", "päike", "x" * 5000):
        answer = write(client=client, text=text)

        assert answer.status_code == 302
        url = answer.url.join(answer.headers["location"])
        assert str(url).startswith(f"{door.url}/entries/")
        assert client.get(url).json()["text"] == text


def test_form_without_its_token_is_refused(client: httpx.Client) -> None:
    for _ in range(3):
        assert client.post("/entries", data={"text": "forged"}).status_code == 403


def test_bytes(client: httpx.Client) -> None:
    answers = [client.get("/picture") for _ in range(3)]

    assert [answer.content for answer in answers] == [bytes(range(256))] * 3


def test_errors_and_after_them(client: httpx.Client) -> None:
    assert client.get("/entries/9999").status_code == 404
    assert client.get("/absent").status_code == 404
    assert client.get("/").status_code == 200


def test_has_no_lifespan(example: Example) -> None:
    assert example.found["lifespan"] == "without lifespan"
