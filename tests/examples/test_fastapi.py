"""The shop, as it stands, behind each front door."""

import base64
import json
import re

import httpx

from tests.examples.sockets import environments
from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "fastapi"

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def test_item_has_a_link(client: httpx.Client, door: FrontDoor) -> None:
    answers = [client.get("/items/0") for _ in range(3)]

    link = f"{door.url}/items/0"
    expected = {"name": "tea", "price": 3.5, "number": 0, "link": link}
    assert [answer.json() for answer in answers] == [expected] * 3
    assert client.get(link).json() == expected


def test_added_items_last_from_one_invocation_to_the_next(
    client: httpx.Client, door: FrontDoor
) -> None:
    first = client.post("/items", json={"name": "jam", "price": 1}).json()["number"]

    for number, name in enumerate(("milk", "bread", "köök"), first + 1):
        answer = client.post("/items", json={"name": name, "price": 2})

        assert answer.status_code == 201
        assert answer.headers["set-cookie"].startswith(f"last={number}; ")
        expected = {
            "name": name,
            "price": 2.0,
            "number": number,
            "link": f"{door.url}/items/{number}",
        }
        assert answer.json() == client.get(f"/items/{number}").json() == expected


def test_redirects_to_the_item_in_the_cookie(client: httpx.Client, door: FrontDoor) -> None:
    number = client.post("/items", json={"name": "milk", "price": 1}).json()["number"]

    for _ in range(3):
        answer = client.get("/last")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"{door.url}/items/{number}"
    assert client.get("/last", follow_redirects=True).json()["name"] == "milk"


def test_picture_arrives_as_bytes(client: httpx.Client) -> None:
    answers = [client.get("/pixel") for _ in range(3)]

    assert [answer.content for answer in answers] == [PIXEL] * 3
    assert answers[0].headers["content-type"] == "image/gif"


def test_mistakes_of_the_client_are_answered(client: httpx.Client) -> None:
    for _ in range(3):
        assert client.post("/items", json={"name": "", "price": 1}).status_code == 422
        assert client.get("/items/9999").json() == {"detail": "There is no item 9999"}


def test_documentation_finds_its_schema(client: httpx.Client, door: FrontDoor) -> None:
    for _ in range(3):
        page = client.get("/docs")
        [reference] = re.findall(r"url: '([^']+)'", page.text)
        assert str(page.url.join(reference)) == f"{door.url}/openapi.json"
        assert client.get(page.url.join(reference)).json()["info"]["title"] == "Shop"


def test_socket_tells_prices() -> None:
    with environments(EXAMPLE) as [sockets]:
        assert sockets.enter()["statusCode"] == 200
        for expected in ([{"name": "tea", "price": 3.5}], []):
            name = "tea" if expected else "gold"
            assert json.loads(sockets.say(name)[-1]) == expected
        sockets.leave()
        assert sockets.closed() == []
