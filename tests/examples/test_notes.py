"""The notes, as they stand, behind each front door, with DynamoDB as moto plays it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.examples import aws
from tests.examples.running import running
from tests.frameworks import front_doors
from tests.frameworks.front_doors import HTTP_API, FrontDoor

EXAMPLE = "notes"

PROBLEM = "application/problem+json"
TABLE: dict[str, Any] = {
    "TableName": "notes-of-tests",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with aws.serving() as address:
        yield address


@pytest.fixture(scope="module")
def variables(address: str) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL": address, "TABLE_NAME": TABLE["TableName"]}


@pytest.fixture(autouse=True)
def dynamodb(address: str) -> Iterator[Any]:
    """An empty table for each test."""
    dynamodb = aws.client(service="dynamodb", address=address)
    dynamodb.create_table(**TABLE)
    yield dynamodb
    dynamodb.delete_table(TableName=TABLE["TableName"])


def create(client: httpx.Client, *, title: str = "Milk", text: str = "") -> httpx.Response:
    answer = client.post("/notes", json={"title": title, "text": text})
    assert answer.status_code == 201
    return answer


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == PROBLEM
    body = answer.json()
    assert (body["type"], body["status"]) == ("about:blank", answer.status_code)
    return body["status"], body["title"]


def test_note_is_created_and_read(client: httpx.Client, door: FrontDoor) -> None:
    for title in ("Milk", "Žito ü", "x" * 200):
        created = create(client, title=title, text="two\nlines")

        note = created.json()
        link = f"{door.url}/notes/{note['id']}"
        expected = {"id": note["id"], "title": title, "text": "two\nlines", "version": 1}
        assert note == {**expected, "link": link}
        assert (created.headers["location"], created.headers["etag"]) == (link, '"1"')
        read = client.get(link)
        assert (read.json(), read.headers["etag"]) == (note, '"1"')


def test_pages_lead_through_all_notes(client: httpx.Client, door: FrontDoor) -> None:
    ids = {create(client, title=str(number)).json()["id"] for number in range(7)}

    seen: list[str] = []
    sizes: list[int] = []
    url: str | None = "/notes?limit=3"
    while url is not None:
        page = client.get(url).json()
        seen += [note["id"] for note in page["notes"]]
        sizes.append(len(page["notes"]))
        url = page["next"]
        assert url is None or url.startswith(f"{door.url}/notes?limit=3&cursor=")

    assert (sorted(seen), max(sizes)) == (sorted(ids), 3)
    assert client.get("/notes").json()["next"] is None


def test_of_two_updates_at_a_time_one_is_refused(client: httpx.Client) -> None:
    note = create(client).json()
    first = {"title": "Oat milk", "text": "1 l"}

    done = client.put(note["link"], json=first, headers={"if-match": '"1"'})
    late = client.put(note["link"], json={"title": "Beer"}, headers={"if-match": '"1"'})

    assert (done.status_code, done.headers["etag"]) == (200, '"2"')
    assert done.json() == {**note, **first, "version": 2}
    assert problem(late) == (412, "The note has another version by now")
    assert client.get(note["link"]).json() == done.json()


def test_note_is_deleted_in_the_version_that_was_seen(client: httpx.Client) -> None:
    link = create(client).json()["link"]

    assert problem(client.delete(link, headers={"if-match": '"2"'}))[0] == 412
    deleted = client.delete(link, headers={"if-match": '"1"'})
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert problem(client.get(link))[0] == 404
    assert problem(client.delete(link, headers={"if-match": '"1"'}))[0] == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 428), ({"if-match": "*"}, 412), ({"if-match": '"1.5"'}, 412), ({"if-match": "٣"}, 412)],
    ids=["without", "any", "no-number", "no-ascii"],
)
def test_change_without_a_version_is_refused(
    client: httpx.Client, method: str, headers: dict[str, str], status: int
) -> None:
    link = create(client).json()["link"]
    content = {"title": "x"} if method == "PUT" else None
    encoded = {name.encode(): value.encode() for name, value in headers.items()}

    assert problem(client.request(method, link, json=content, headers=encoded))[0] == status


@pytest.mark.parametrize(
    "content",
    [{}, {"title": ""}, {"title": "x" * 201}, {"title": 1}, {"title": "x", "text": "x" * 50_001}],
    ids=["empty", "no-title", "long-title", "number", "long-text"],
)
def test_invalid_note_is_a_problem(client: httpx.Client, content: dict[str, Any]) -> None:
    answer = client.post("/notes", json=content)

    assert problem(answer) == (422, "The request is not valid")
    assert all(set(each) == {"at", "reason"} for each in answer.json()["errors"])
    assert client.get("/notes").json() == {"notes": [], "next": None}


@pytest.mark.parametrize("cursor", ["x", "%23%23", "bm8gaWQ=", "%FF"])
def test_cursor_of_ones_own_making_is_refused(client: httpx.Client, cursor: str) -> None:
    assert problem(client.get(f"/notes?cursor={cursor}"))[0] == 400


def test_wrong_paths_and_methods_are_problems(client: httpx.Client) -> None:
    assert problem(client.get("/absent")) == (404, "Not Found")
    answer = client.patch("/notes")
    assert problem(answer) == (405, "Method Not Allowed")
    assert answer.headers["allow"] in ("GET", "POST")


def test_documentation_is_found(client: httpx.Client, door: FrontDoor) -> None:
    answer = client.get("/", follow_redirects=True)

    assert str(answer.url) == f"{door.url}/docs"
    assert set(client.get("/openapi.json").json()["paths"]) == {"/notes", "/notes/{key}"}


def test_what_cannot_be_reached_is_told_so() -> None:
    # Nobody listens there. Retries take a second or two.
    variables = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "TABLE_NAME": "notes"}
    with (
        running(EXAMPLE, variables=variables) as example,
        front_doors.client(handler=example, door=HTTP_API) as client,
    ):
        answer = client.get("/notes")
        assert problem(answer) == (503, "The notes cannot be reached just now")
        assert answer.headers["retry-after"] == "2"
        assert client.get("/absent").status_code == 404


def test_missing_table_is_an_error_of_the_server(client: httpx.Client, dynamodb: Any) -> None:
    dynamodb.delete_table(TableName=TABLE["TableName"])
    assert client.get("/notes").status_code == 500
    dynamodb.create_table(**TABLE)
    assert client.get("/notes").status_code == 200
