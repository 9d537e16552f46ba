"""The sandwich bar in Bocadillo, as it stands, behind each front door."""

import httpx

from tests.examples.running import Example
from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "bocadillo"


def test_menu_is_injected(client: httpx.Client) -> None:
    answers = [client.get("/") for _ in range(3)]

    assert [answer.json()["menu"] for answer in answers] == [["jamón", "tortilla"]] * 3
    assert answers[0].json()["sold"]["tortilla"] == 0


def test_orders_are_counted_on(client: httpx.Client) -> None:
    before = client.post("/orders", json={"name": "küülik"}).json()["sold"]

    for sold in (1, 2, 3):
        answer = client.post("/orders", json={"name": "küülik"})
        assert (answer.status_code, answer.json()) == (
            201,
            {"name": "küülik", "sold": before + sold},
        )
        assert answer.headers["set-cookie"] == "hungry=no"


def test_redirect(client: httpx.Client, door: FrontDoor) -> None:
    for _ in range(3):
        answer = client.get("/favourite")
        assert answer.status_code == 302
        assert str(answer.url.join(answer.headers["location"])) == f"{door.url}/prices/tortilla"
    assert client.get("/favourite", follow_redirects=True).text == "tortilla: 8 €"


def test_errors_and_after_them(client: httpx.Client) -> None:
    absent = client.get("/prices/air")

    expected = {"error": "404 Not Found", "status": 404, "detail": "There is no air"}
    assert (absent.status_code, absent.json()) == (404, expected)
    assert client.get("/absent").status_code == 404
    assert client.get("/prices/tortilla").status_code == 200


def test_starts_up(example: Example) -> None:
    assert (example.found["interface"], example.found["lifespan"]) == ("asgi3", "started")
