"""The shop, as it stands, behind each front door."""

import re

from examples.fastapi.app import PIXEL, handler
from tests.examples.conftest import Open
from tests.frameworks.front_doors import FrontDoor


def test_item_has_a_link(open_client: Open, door: FrontDoor) -> None:
    client = open_client(handler)

    answers = [client.get("/items/0") for _ in range(3)]

    link = f"{door.url}/items/0"
    expected = {"name": "tea", "price": 3.5, "number": 0, "link": link}
    assert [answer.json() for answer in answers] == [expected] * 3
    assert client.get(link).json() == expected


def test_added_items_last_from_one_invocation_to_the_next(
    open_client: Open, door: FrontDoor
) -> None:
    client = open_client(handler)

    for number, name in enumerate(("milk", "bread", "köök"), 1):
        answer = client.post("/items", json={"name": name, "price": number})

        assert answer.status_code == 201
        assert answer.headers["set-cookie"].startswith(f"last={number}; ")
        expected = {
            "name": name,
            "price": float(number),
            "number": number,
            "link": f"{door.url}/items/{number}",
        }
        assert answer.json() == client.get(f"/items/{number}").json() == expected


def test_redirects_to_the_item_in_the_cookie(open_client: Open, door: FrontDoor) -> None:
    client = open_client(handler)
    client.post("/items", json={"name": "milk", "price": 1})

    for _ in range(3):
        answer = client.get("/last")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"{door.url}/items/1"
    assert client.get("/last", follow_redirects=True).json()["name"] == "milk"


def test_picture_arrives_as_bytes(open_client: Open) -> None:
    client = open_client(handler)

    answers = [client.get("/pixel") for _ in range(3)]

    assert [answer.content for answer in answers] == [PIXEL] * 3
    assert answers[0].headers["content-type"] == "image/gif"


def test_mistakes_of_the_client_are_answered(open_client: Open) -> None:
    client = open_client(handler)

    for _ in range(3):
        assert client.post("/items", json={"name": "", "price": 1}).status_code == 422
        assert client.get("/items/1").json() == {"detail": "There is no item 1"}


def test_documentation_finds_its_schema(open_client: Open, door: FrontDoor) -> None:
    client = open_client(handler)

    for _ in range(3):
        page = client.get("/docs")
        [reference] = re.findall(r"url: '([^']+)'", page.text)
        assert str(page.url.join(reference)) == f"{door.url}/openapi.json"
        assert client.get(page.url.join(reference)).json()["info"]["title"] == "Shop"
