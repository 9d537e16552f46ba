"""Two execution environments behind one gateway, which share a table and take turns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.sync.client import ClientConnection, connect

from asgi_lambda import adapt
from asgi_lambda.local import Gateway
from asgi_lambda.local.function import Function
from asgi_lambda.websocket import DynamoDBStore
from tests.examples import aws
from tests.websocket.servers import SECONDS, TakingTurns, endpoint, serving

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from asgi_lambda import Handler

TABLE: dict[str, Any] = {
    "TableName": "connections",
    "AttributeDefinitions": [{"AttributeName": "connection_id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "connection_id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with aws.serving() as address:
        client = aws.client(service="dynamodb", address=address)
        client.create_table(**TABLE)
        yield client


def counting(name: str) -> Starlette:
    """Numbers what its client says; tells its own name, and whether it has taken over."""

    async def count(websocket: WebSocket) -> None:
        connection = websocket.scope["extensions"]["asgi_lambda.connection"]
        user = websocket.query_params["user"]
        await websocket.accept("chat")
        async for text in websocket.iter_text():
            if text == "who":
                await websocket.send_text(connection.id)
            elif text.startswith("to "):
                await connection.send(text.removeprefix("to "), text=f"{user} writes, {name}")
            else:
                number = (await connection.refresh()).get("number", 0) + 1
                await connection.save({"number": number})
                replayed = " again" if connection.replayed else ""
                await websocket.send_text(f"{number} {user}: {text}, {name}{replayed}")

    return Starlette(routes=[WebSocketRoute("/", count)])


class Served:
    """Two handlers behind a gateway. url: where clients connect."""

    def __init__(self, dynamodb: Any, port: int) -> None:
        self.port = port
        self.handlers = [self._handler(dynamodb, name) for name in ("first", "second")]
        self.environments = TakingTurns(*(Function(each, 30.0) for each in self.handlers))
        self.gateway = Gateway(self.handlers[0], "websocket-api")
        self.gateway.function = self.environments

    def _handler(self, dynamodb: Any, name: str) -> Handler:
        return adapt(
            counting(name),
            websocket_store=DynamoDBStore("connections", client=dynamodb),
            websocket_endpoint=endpoint(self.port),
        )

    def enter(self, user: str) -> ClientConnection:
        return connect(
            f"ws://127.0.0.1:{self.port}/prod?user={user}",
            subprotocols=["chat"],  # type: ignore[list-item]  # plain text
            proxy=None,
            open_timeout=SECONDS,
        )


@contextmanager
def serving_both(dynamodb: Any) -> Iterator[Served]:
    made: list[Served] = []

    def make(port: int) -> Gateway:
        made.append(Served(dynamodb, port))
        return made[0].gateway

    with serving(make):
        yield made[0]


@pytest.fixture
def served(dynamodb: Any) -> Iterator[Served]:
    with serving_both(dynamodb) as served:
        yield served


def say(client: ClientConnection, text: str) -> str | bytes:
    client.send(text)
    return client.recv(SECONDS)


def test_messages_alternate_and_the_conversation_is_one(served: Served) -> None:
    with served.enter("Ada") as client:
        assert client.subprotocol == "chat"
        # The first environment had the handshake.
        heard = [say(client, text) for text in "abcd"]
    assert heard == [
        "1 Ada: a, second again",
        "2 Ada: b, first",
        "3 Ada: c, second again",
        "4 Ada: d, first",
    ]


def test_one_is_dropped_and_the_conversation_goes_on(served: Served) -> None:
    with served.enter("Ada") as ada, served.enter("Béla") as bela:
        # The handshakes took a turn each.
        assert say(ada, "a") == "1 Ada: a, first"
        assert say(bela, "a") == "1 Béla: a, second"
        served.environments.drop(served.environments.all[0])
        assert say(ada, "b") == "2 Ada: b, second again"
        assert say(bela, "b") == "2 Béla: b, second"
        name = say(ada, "who")
        bela.send(f"to {name!s}")
        assert ada.recv(SECONDS) == "Béla writes, second"


def test_leaving_is_seen_wherever_it_arrives(dynamodb: Any) -> None:
    with serving_both(dynamodb) as served:
        for texts in ("a", "ab"):
            with served.enter("Ada") as client:
                for text in texts:
                    say(client, text)

    # A server that ends waits for the invocations under way.
    assert dynamodb.scan(TableName="connections")["Items"] == []
