"""The stores by plain calls: what one does the other does too."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from asgi_lambda.websocket import (
    ConnectionStore,
    DynamoDBStore,
    MemoryStore,
    Record,
    dynamodb,
    store,
)
from tests.deployment.client import SESSION, client

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = "connections"


def make_table() -> None:
    """The table as the template has it, in moto."""
    client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "connection_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "connection_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


@cache
def taking_turns() -> Any:
    """A client as DynamoDB has it: a conditional write is one step, which with moto it is not."""
    made: Any = SESSION.client("dynamodb")
    lock, call = threading.Lock(), made._make_api_call

    def call_alone(*arguments: Any) -> Any:
        with lock:
            return call(*arguments)

    made._make_api_call = call_alone
    return made


@pytest.fixture(params=["memory", "dynamodb"])
def make(request: pytest.FixtureRequest) -> Iterator[Any]:
    """What makes a store."""
    if request.param == "memory":
        yield MemoryStore
        return
    with mock_aws():
        make_table()
        yield lambda **options: DynamoDBStore(TABLE, client=taking_turns(), **options)


HANDSHAKE = {"headers": [["host", "a"]], "query": "a=1", "subprotocols": ["chat"]}


def test_a_record_comes_back(make: Any) -> None:
    it: ConnectionStore = make()
    assert it.load("one") is None
    it.create("one", Record(HANDSHAKE, {"name": "köök", "n": [1, None]}))
    it.create("two", Record({}, {}))
    assert it.load("one") == Record(HANDSHAKE, {"name": "köök", "n": [1, None]}, 0)
    it.create("one", Record(HANDSHAKE, {}))
    assert it.load("one") == Record(HANDSHAKE, {})
    it.delete("one")
    it.delete("one")
    assert it.load("one") is None
    assert it.load("two") == Record({}, {})


def test_data_are_saved_by_version(make: Any) -> None:
    it: ConnectionStore = make()
    assert not it.save("one", {"a": 1}, 0)
    it.create("one", Record(HANDSHAKE, {}))
    assert it.save("one", {"a": 1}, 0)
    assert not it.save("one", {"a": 2}, 0)
    assert it.save("one", {"a": 3}, 1)
    assert it.load("one") == Record(HANDSHAKE, {"a": 3}, 2)
    it.delete("one")
    # What is gone does not come back.
    assert not it.save("one", {"a": 4}, 2)
    assert it.load("one") is None


def test_a_record_expires(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    it: ConnectionStore = make()
    for module in (store, dynamodb):
        monkeypatch.setattr(module, "LIFETIME", -1.0)
    it.create("one", Record(HANDSHAKE, {}))
    assert it.load("one") is None


def test_what_has_expired_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    it = MemoryStore()
    monkeypatch.setattr(store, "LIFETIME", -1.0)
    it.create("one", Record(HANDSHAKE, {}))
    it.create("two", Record(HANDSHAKE, {}))
    assert list(it._records) == ["two"]


def test_credentials_are_asked_for(make: Any) -> None:
    assert make().store_credentials is False
    assert make(store_credentials=True).store_credentials is True


def test_nobody_changes_what_is_kept(make: Any) -> None:
    it: ConnectionStore = make()
    data: dict[str, Any] = {"list": [1]}
    it.create("one", Record({}, data))
    data["list"].append(2)
    found = it.load("one")
    assert found is not None
    found.data["list"].append(3)
    again = it.load("one")
    assert again is not None
    assert again.data == {"list": [1]}


def test_one_of_many_writers_wins(make: Any) -> None:
    it: ConnectionStore = make()
    it.create("one", Record({}, {}))
    won: list[int] = []

    def save(number: int) -> None:
        if it.save("one", {"winner": number}, 0):
            won.append(number)

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert it.load("one") == Record({}, {"winner": won[0]}, 1)
    assert len(won) == 1


def test_a_table_expires_its_items_by_itself() -> None:
    with mock_aws():
        make_table()
        DynamoDBStore(TABLE, client=client("dynamodb")).create("one", Record({}, {}))
        (item,) = client("dynamodb").scan(TableName=TABLE)["Items"]
        assert item.keys() == {"connection_id", "handshake", "data", "version", "expires"}
        assert int(item["expires"]["N"]) > 1_700_000_000


def test_the_client_is_made_when_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    made: list[str] = []

    class Session(boto3.Session):
        def client(self, *arguments: Any, **options: Any) -> Any:
            made.append(arguments[0])
            return super().client(*arguments, **options)

    monkeypatch.setattr(boto3.session, "Session", Session)
    with mock_aws():
        make_table()
        it = DynamoDBStore(TABLE)
        assert made == []
        it.create("one", Record(HANDSHAKE, {}))
        assert it.load("one") == Record(HANDSHAKE, {})
        assert made == ["dynamodb"]
