"""A chat in rooms, in Starlette: a page, a socket, and its members in DynamoDB.

What to know: a WebSocket API is a front door of its own, beside the one of the page. It has no
paths, so the socket is at `/`. The next message may reach another execution environment, where the
function starts anew with `accept` unseen: what has to last is in the connection's `data` and in the
tables, not in local variables. Somebody joins with the first message, not with the handshake, since
before its answer nothing can be sent to them. Whoever opens the page is in: there is no password.
"""

import html
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypedDict
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from asgi_lambda import adapt
from asgi_lambda.websocket import DynamoDBStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from asgi_lambda.websocket.extension import ConnectionExtension

# Where the page finds the socket: the WebSocket API, or the second of two gateways at home.
SOCKET_URL = os.environ.get("SOCKET_URL", "ws://127.0.0.1:8001/prod")
# Both tables, or neither: then all is in memory, which is right for one execution environment.
CONNECTIONS_TABLE = os.environ.get("CONNECTIONS_TABLE")
MEMBERS_TABLE = os.environ.get("MEMBERS_TABLE")
STORE = DynamoDBStore(CONNECTIONS_TABLE) if CONNECTIONS_TABLE else None
# No connection lasts longer (s); members of whom no end was told go by the table's time to live.
LIFETIME = 2 * 60 * 60
LONGEST = 40
CONFIG = Config(
    connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 3}
)
PAGE = (Path(__file__).parent / "page.html").read_text()


class Members(Protocol):
    """Which connections are in which room. Methods may block."""

    def join(self, room: str, connection: str) -> None: ...

    def leave(self, room: str, connection: str) -> None: ...

    def of(self, room: str) -> list[str]: ...


class MembersInMemory:
    def __init__(self) -> None:
        self.rooms: dict[str, set[str]] = {}

    def join(self, room: str, connection: str) -> None:
        self.rooms.setdefault(room, set()).add(connection)

    def leave(self, room: str, connection: str) -> None:
        self.rooms.get(room, set()).discard(connection)

    def of(self, room: str) -> list[str]:
        return sorted(self.rooms.get(room, set()))


class MembersInDynamoDB:
    """Items of `room`, `connection` and `expires`, in a table with the first two as its key."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self.client = client
        self.table = table

    def join(self, room: str, connection: str) -> None:
        expires = {"N": str(int(time.time()) + LIFETIME)}
        item = {"room": {"S": room}, "connection": {"S": connection}, "expires": expires}
        self.client.put_item(TableName=self.table, Item=item)

    def leave(self, room: str, connection: str) -> None:
        key = {"room": {"S": room}, "connection": {"S": connection}}
        self.client.delete_item(TableName=self.table, Key=key)

    def of(self, room: str) -> list[str]:
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="room = :room",
            ExpressionAttributeValues={":room": {"S": room}},
            # Who has just joined is to have this message.
            ConsistentRead=True,
        )
        return [item["connection"]["S"] for page in pages for item in page["Items"]]


class State(TypedDict):
    members: Members


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[State]:
    if MEMBERS_TABLE:
        client = boto3.client("dynamodb", config=CONFIG)
        yield {"members": MembersInDynamoDB(client, MEMBERS_TABLE)}
        client.close()
    else:
        yield {"members": MembersInMemory()}


async def page(request: Request) -> Response:
    socket = urlsplit(SOCKET_URL)
    response = HTMLResponse(PAGE.replace("{{socket}}", html.escape(SOCKET_URL)))
    response.headers["content-security-policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        f"connect-src {socket.scheme}://{socket.netloc}; base-uri 'none'; form-action 'none'"
    )
    return response


async def chat(websocket: WebSocket) -> None:
    connection: ConnectionExtension = websocket.scope["extensions"]["asgi_lambda.connection"]
    members: Members = websocket.state.members

    async def tell(room: str, message: dict[str, str]) -> None:
        """Send to all in the room; who is gone without a word leaves it."""
        ids = await run_in_threadpool(members.of, room)
        for gone in await connection.send(ids, text=json.dumps(message)):
            await run_in_threadpool(members.leave, room, gone)

    await websocket.accept()
    async for text in websocket.iter_text():
        said = read(text)
        me = await who(connection)
        if "name" in said and not me:
            me = {"name": said["name"], "room": said.get("room") or "lobby"}
            await connection.save(me)
            await run_in_threadpool(members.join, me["room"], connection.id)
            await tell(me["room"], {"joined": me["name"]})
        elif "text" in said and me:
            await tell(me["room"], {"from": me["name"], "text": said["text"]})
        else:
            await websocket.close(1008, "Expected a name first, then texts")
            break
    # Not in a `finally`: where this is cancelled, the connection goes on elsewhere.
    if me := await who(connection):
        await run_in_threadpool(members.leave, me["room"], connection.id)
        await tell(me["room"], {"left": me["name"]})


async def who(connection: "ConnectionExtension") -> "Mapping[str, Any]":
    """Name and room, once they are known."""
    # Another environment may have saved them since this one last looked.
    return connection.data or await connection.refresh()


def read(text: str) -> dict[str, str]:
    """What a client says, without what is no text, and a name and a room no longer than is fit."""
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(said, dict):
        return {}
    texts = {key: each for key, each in said.items() if isinstance(each, str) and each.strip()}
    return {key: each if key == "text" else each[:LONGEST] for key, each in texts.items()}


app = Starlette(routes=[Route("/", page), WebSocketRoute("/", chat)], lifespan=lifespan)

handler = adapt(app, lifespan="on", websocket_store=STORE)
