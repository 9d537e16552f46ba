"""The seed shop in Litestar, as it stands, behind each front door."""

import httpx

from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "litestar"


def test_seed_has_a_link(client: httpx.Client, door: FrontDoor) -> None:
    answers = [client.get("/seeds/0") for _ in range(3)]

    link = f"{door.url}/seeds/0"
    expected = {"name": "lettuce", "grams": 2.5, "link": link}
    assert [answer.json() for answer in answers] == [expected] * 3
    assert client.get(link).json() == expected


def test_cookie_leads_to_what_was_added(client: httpx.Client, door: FrontDoor) -> None:
    answer = client.post("/seeds", json={"name": "köömen", "grams": 1})
    number = answer.json()["number"]

    assert answer.status_code == 201
    assert answer.headers["set-cookie"].startswith(f"last={number}; ")
    for _ in range(3):
        answer = client.get("/last")
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            f"{door.url}/seeds/{number}",
        )
    assert client.get("/last", follow_redirects=True).json()["name"] == "köömen"


def test_bytes_and_text(client: httpx.Client) -> None:
    for _ in range(3):
        assert client.get("/seed.bin").content == bytes(range(256))
        assert client.get("/weight").text.endswith(" g")


def test_mistakes_of_the_client_are_answered(client: httpx.Client) -> None:
    wrong = client.post("/seeds", json={"name": "rye"})
    absent = client.get("/seeds/9999")

    assert wrong.status_code == 400
    assert (absent.status_code, absent.json()) == (
        404,
        {"status_code": 404, "detail": "There is no seed 9999"},
    )
    assert client.get("/seeds/0").status_code == 200


def test_schema_names_the_routes(client: httpx.Client) -> None:
    schema = client.get("/schema/openapi.json").json()

    assert set(schema["paths"]) == {"/last", "/seed.bin", "/seeds", "/seeds/{number}", "/weight"}
