"""The chat, as it stands: its page behind each front door, its rooms in two environments."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from tests.examples import aws
from tests.examples.sockets import Sockets, environments

EXAMPLE = "chat"

CONNECTIONS = "connections-of-tests"
MEMBERS = "members-of-tests"


def table(name: str, *keys: str) -> dict[str, Any]:
    kinds = ("HASH", "RANGE")
    return {
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
        "KeySchema": [
            {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, kinds, strict=False)
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }


TABLES = [table(CONNECTIONS, "connection_id"), table(MEMBERS, "room", "connection")]


class Tables(NamedTuple):
    """DynamoDB, and what tells an environment of its tables."""

    client: Any
    variables: dict[str, str]

    def items(self) -> list[list[Any]]:
        """Those of the connections, and those of the members."""
        return [self.client.scan(TableName=name)["Items"] for name in (CONNECTIONS, MEMBERS)]


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Tables]:
    with aws.serving() as address:
        names = {"CONNECTIONS_TABLE": CONNECTIONS, "MEMBERS_TABLE": MEMBERS}
        client = aws.client(service="dynamodb", address=address)
        yield Tables(client, {"AWS_ENDPOINT_URL": address, **names})


@pytest.fixture
def tables(dynamodb: Tables) -> Iterator[Tables]:
    """Empty tables."""
    for each in TABLES:
        dynamodb.client.create_table(**each)
    yield dynamodb
    for each in TABLES:
        dynamodb.client.delete_table(TableName=each["TableName"])


@pytest.fixture(scope="module")
def both(dynamodb: Tables) -> Iterator[list[Sockets]]:
    with environments(EXAMPLE, 2, variables=dynamodb.variables) as both:
        yield both


@pytest.fixture
def two(both: list[Sockets], tables: Tables) -> list[Sockets]:
    """Two environments that share the tables."""
    return both


@pytest.fixture
def one() -> Iterator[Sockets]:
    """One environment, with everything in memory."""
    with environments(EXAMPLE) as [one]:
        yield one


def joins(name: str, room: str | None = None) -> str:
    return json.dumps({"name": name} if room is None else {"name": name, "room": room})


def says(text: str) -> str:
    return json.dumps({"text": text})


def heard(sockets: Sockets, connection: str) -> list[Any]:
    return [json.loads(each) for each in sockets.api.sent(connection)]


def test_page_knows_its_socket_and_nobody_else(client: httpx.Client) -> None:
    answer = client.get("/")

    assert 'data-socket="ws://127.0.0.1:8001/prod"' in answer.text
    policy = answer.headers["content-security-policy"]
    assert "connect-src ws://127.0.0.1:8001;" in policy
    # No script, style or image of others.
    assert re.findall(r"\w*://[^\"]*", answer.text) == ["ws://127.0.0.1:8001/prod"]


def test_room_hears_what_its_members_say(one: Sockets) -> None:
    for connection, name in (("a", "Ada"), ("b", "Béla")):
        assert one.enter(connection)["statusCode"] == 200
        one.say(joins(name), connection)
    one.enter("c")
    one.say(joins("Cy", "other"), "c")
    one.say(says("žito"), "a")
    one.leave("b")

    assert heard(one, "a") == [
        {"joined": "Ada"},
        {"joined": "Béla"},
        {"from": "Ada", "text": "žito"},
        {"left": "Béla"},
    ]
    assert heard(one, "b") == [{"joined": "Béla"}, {"from": "Ada", "text": "žito"}]
    assert heard(one, "c") == [{"joined": "Cy"}]


@pytest.mark.parametrize("environment", ["memory", "tables"])
def test_who_says_something_else_is_closed(
    environment: str, one: Sockets, two: list[Sockets]
) -> None:
    sockets = one if environment == "memory" else two[0]
    texts = ["hello", "[]", "{}", '{"text": "hello"}', '{"name": 7}', '{"name": " "}']
    connections = [f"f{number}" for number in range(len(texts))]
    for connection, text in zip(connections, texts, strict=True):
        sockets.enter(connection)
        assert sockets.say(text, connection) == []

    assert sockets.closed() == connections


def test_long_names_are_cut_and_a_second_one_is_refused(one: Sockets) -> None:
    one.enter("a")
    one.say(joins("x" * 41, ""), "a")
    one.say(joins("y"), "a")

    assert heard(one, "a") == [{"joined": "x" * 40}]
    assert one.closed() == ["a"]


def test_two_environments_are_one_room(two: list[Sockets], tables: Tables) -> None:
    here, there = two
    here.enter("d1")
    there.enter("d2")
    # Wherever an event arrives, of its own connection the other environment knows the table alone.
    there.say(joins("Ada", "tea"), "d1")
    here.say(joins("Béla", "tea"), "d2")
    for number, sockets in enumerate((here, there, there, here)):
        sockets.say(says(str(number)), "d1")

    expected = [{"joined": "Béla"}, *({"from": "Ada", "text": str(each)} for each in range(4))]
    assert heard(here, "d1") == [{"joined": "Ada"}, *expected]
    assert heard(here, "d2") == expected
    here.leave("d2")
    assert heard(here, "d1")[-1] == {"left": "Béla"}
    there.leave("d1")
    assert tables.items() == [[], []]


def test_who_is_gone_without_a_word_leaves_the_room(two: list[Sockets]) -> None:
    here, there = two
    for sockets, connection in ((here, "e1"), (there, "e2")):
        sockets.enter(connection)
        sockets.say(joins(connection, "gone"), connection)
    # Where its handshake was not, nobody waits until it may be there.
    there.api.statuses["e1"].append(410)
    for text in ("one", "two"):
        there.say(says(text), "e2")

    # The second text is not even tried.
    assert heard(two[0], "e1") == [{"joined": "e1"}, {"joined": "e2"}]
    assert heard(two[0], "e2")[-1] == {"from": "e2", "text": "two"}


def test_items_go_by_their_time_to_live(two: list[Sockets], tables: Tables) -> None:
    began = int(time.time())
    two[0].enter("t")
    two[0].say(joins("Ada", "late"), "t")

    for [item] in tables.items():
        assert 0 <= int(item["expires"]["N"]) - began - 7_200 <= 60
    two[0].leave("t")


def test_one_environment_goes_on_when_the_other_is_gone(two: list[Sockets], tables: Tables) -> None:
    with environments(EXAMPLE, variables=tables.variables) as [gone]:
        gone.enter("g")
        gone.say(joins("Ada", "green"), "g")

    assert two[1].say(says("still here"), "g") == [says_of("Ada", "still here")]
    two[1].leave("g")


def says_of(name: str, text: str) -> str:
    return json.dumps({"from": name, "text": text})
