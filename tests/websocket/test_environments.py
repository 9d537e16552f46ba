"""Two execution environments and one DynamoDB table: any order of events gives one conversation."""

from __future__ import annotations

import contextlib
import copy
import itertools
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from asgi_lambda import DataConflict, UnsupportedEvent
from asgi_lambda.websocket import DynamoDBStore
from tests.deployment.client import client
from tests.sources.golden import events, load
from tests.sources.test_detect import REPLACEMENTS, places, put
from tests.websocket.play import FakeAPI, accept, connect, disconnect, echo, message
from tests.websocket.test_store import TABLE, make_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_lambda.asgi_types import Receive, Send
    from tests.websocket.conftest import Serve


@pytest.fixture(autouse=True)
def _table() -> Iterator[None]:
    with mock_aws():
        make_table()
        yield


async def counting(scope: Any, receive: Receive, send: Send) -> None:
    """Numbers the messages of a connection, whatever coroutine of it gets them."""
    connection = scope["extensions"]["asgi_lambda.connection"]
    await accept(receive, send)
    await send({"type": "websocket.send", "text": "welcome"})
    while (got := await receive())["type"] == "websocket.receive":
        while True:
            await connection.refresh()
            number = connection.data.get("number", 0) + 1
            try:
                await connection.save({"number": number})
            except DataConflict:
                continue
            break
        await send({"type": "websocket.send", "text": f"{number}: {got['text']}"})


# Environments are numbers; "replace" ends one, with all its coroutines, and begins another.
STEPS: Final = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.sampled_from(["connect", "message", "message", "message", "disconnect", "replace"]),
        st.sampled_from("ab"),
    ),
    max_size=14,
)
_examples = itertools.count()


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_any_order_gives_one_conversation(
    serve: Serve, api: FakeAPI, steps: list[tuple[int, str, str]]
) -> None:
    example = next(_examples)
    store = DynamoDBStore(TABLE, client=client("dynamodb"))
    environments = [serve(counting, websocket_store=store) for _ in range(2)]
    expected: dict[str, list[str]] = {}
    unknown: list[str] = []
    is_open: dict[str, bool] = {}
    welcomes: dict[str, tuple[int, int]] = {}
    ages = [0, 0]
    api.calls.clear()
    for number, (which, what, name) in enumerate(steps):
        identifier = f"{example}-{name}"
        handler = environments[which]
        if what == "replace":
            environments[which] = serve(counting, websocket_store=store)
            ages[which] += 1
            continue
        # API Gateway gives an id once only.
        if what == "connect" and identifier in expected:
            continue
        # What waited for the handshake leaves with the next event of its environment.
        for each, place in list(welcomes.items()):
            if place == (which, ages[which]):
                del welcomes[each]
                expected[each].append("welcome")
        if what == "connect":
            expected[identifier] = []
            is_open[identifier] = True
            welcomes[identifier] = which, ages[which]
            assert handler(connect(identifier)) == {"statusCode": 200}
        elif what == "message":
            assert handler(message(str(number), identifier)) == {"statusCode": 200}
            if is_open.get(identifier):
                counted = sum(": " in each for each in expected[identifier]) + 1
                expected[identifier].append(f"{counted}: {number}")
            else:
                unknown.append(identifier)
        else:
            assert handler(disconnect(identifier)) == {"statusCode": 200}
            is_open[identifier] = False
    for identifier, texts in expected.items():
        sent = api.sent(identifier)
        # A welcome may come late, from an environment that was not asked before.
        assert [each for each in sent if ": " in each] == [each for each in texts if ": " in each]
        assert sent.count("welcome") == texts.count("welcome")
    assert api.closed() == unknown
    left = {
        item["connection_id"]["S"] for item in client("dynamodb").scan(TableName=TABLE)["Items"]
    }
    assert {each for each in left if each.startswith(f"{example}-")} == {
        each for each in expected if is_open[each]
    }


def test_an_environment_that_ends_between_accept_and_store(serve: Serve, api: FakeAPI) -> None:
    class Crashes(DynamoDBStore):
        def create(self, connection_id: str, record: Any) -> None:
            raise ConnectionError("the environment is gone")

    made = client("dynamodb")
    # Nobody was told that it is accepted, so that the client comes again, under another name.
    assert serve(echo, websocket_store=Crashes(TABLE, client=made))(connect()) == {
        "statusCode": 500
    }
    handler = serve(echo, websocket_store=DynamoDBStore(TABLE, client=made))
    handler(message("a"))
    assert api.calls == [("delete", "one", "")]


def test_an_end_that_is_never_told_expires(serve: Serve) -> None:
    handler = serve(echo, websocket_store=DynamoDBStore(TABLE, client=client("dynamodb")))
    handler(connect())
    (item,) = client("dynamodb").scan(TableName=TABLE)["Items"]
    client("dynamodb").update_item(
        TableName=TABLE,
        Key={"connection_id": {"S": "one"}},
        UpdateExpression="SET expires = :past",
        ExpressionAttributeValues={":past": {"N": "1"}},
    )
    assert handler._websockets is not None
    assert handler._websockets.store.load("one") is None
    assert item["version"]["N"] == "0"


GOLDEN: Final = [load(path) for path in events("websocket")]


@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_an_event_with_values_of_another_type_is_answered_or_refused(
    serve: Serve, data: st.DataObject
) -> None:
    handler = serve(echo)
    event = copy.deepcopy(data.draw(st.sampled_from(GOLDEN)))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(list(places(event))))
        # These two make it an event of another kind.
        if place[0] == "requestContext" and place[-1] in ("requestContext", "eventType"):
            continue
        if place == ("requestContext", "connectionId"):
            value: Any = data.draw(st.sampled_from([None, 5, [], ""]))
        else:
            value = data.draw(st.sampled_from(REPLACEMENTS))
        put(event, place, value)
    with contextlib.suppress(UnsupportedEvent):
        assert handler(event)["statusCode"] == 200
