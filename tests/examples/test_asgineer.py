"""The guest book in asgineer, as it stands, behind each front door."""

import httpx
import pytest

EXAMPLE = "asgineer"

PICTURE = b"GIF89a" + bytes(range(250))


def test_guests_are_kept_from_one_invocation_to_the_next(client: httpx.Client) -> None:
    before = client.get("/").json()["guests"]

    for count, name in enumerate(("Ada", "Zoë", "雪"), len(before) + 1):
        answer = client.post("/guests", json={"name": name})
        assert (answer.status_code, answer.json()) == (201, {"number": count})
        assert answer.headers["location"] == f"/guests/{count}"

    assert client.get("/").json() == {"guests": [*before, "Ada", "Zoë", "雪"]}


@pytest.mark.parametrize("name", ["Grace", "Zoë & 雪"])
def test_form_leads_back_to_the_guests(client: httpx.Client, name: str) -> None:
    before = client.get("/").json()["guests"]

    answer = client.post("/sign", data={"name": name})

    assert answer.status_code == 303
    assert answer.url.join(answer.headers["location"]).path == client.base_url.path
    assert client.get("/").json() == {"guests": [*before, name]}


def test_query(client: httpx.Client) -> None:
    answers = [client.get("/hello?name=Zo%C3%AB") for _ in range(3)]

    assert [answer.text for answer in answers] == ["Hello Zoë"] * 3
    assert client.get("/hello").text == "Hello you"


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("dot.gif", PICTURE, "image/gif"),
        ("about.txt", b"A guest book.\n" * 99, "text/plain"),
    ],
)
def test_assets_are_cached_and_compressed(
    client: httpx.Client, name: str, content: bytes, media_type: str
) -> None:
    for _ in range(3):
        answer = client.get(f"/assets/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == media_type
        assert answer.content == content

    again = client.get(f"/assets/{name}", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_wrong_path_and_wrong_body(client: httpx.Client) -> None:
    assert client.get("/absent").text == "There is nothing at /absent"
    assert client.post("/guests", content=b"no JSON").status_code == 500
    assert client.get("/hello").status_code == 200
