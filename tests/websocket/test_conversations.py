"""One Starlette application under uvicorn and behind the gateway: the same conversations.

Where they differ it is API Gateway's doing; `DIFFERENCES` says why.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, NamedTuple

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from asgi_lambda import adapt
from tests.websocket.servers import SECONDS, behind_gateway, endpoint, serving

# What the application saw at the end of each conversation: code and reason.
SEEN: Final[queue.SimpleQueue[tuple[int, str | None]]] = queue.SimpleQueue()


async def converse(websocket: WebSocket) -> None:
    how = websocket.query_params.get("how", "")
    match how:
        case "raise":
            raise HTTPException(401, "who are you?")
        case "deny":
            await websocket.send_denial_response(
                JSONResponse({"error": "köök"}, 401, {"x-why": "no token"})
            )
            return
        case "refuse":
            await websocket.close(1008)
            return
        case "headers":
            await websocket.accept(headers=[(b"x-room", b"tea")])
        case _:
            offered = websocket.scope["subprotocols"]
            await websocket.accept("chat" if "chat" in offered else None)
    if how == "push":
        await websocket.send_text("welcome")
        await websocket.send_text("to the room")
    while (message := await websocket.receive())["type"] == "websocket.receive":
        text = message.get("text")
        await answer(websocket, text)
        if text in (None, "close", "bytes", "return"):
            return
    SEEN.put((message["code"], message["reason"]))


async def answer(websocket: WebSocket, text: str | None) -> None:
    match text:
        case None:
            await websocket.close(4003, "no text")
        case "close":
            await websocket.close(4000, "enough")
        case "fail":
            raise ValueError("as it was told")
        case "bytes":
            await websocket.send_bytes(b"\0\1")
            await websocket.close(4000, "enough")
        case "many":
            for number in range(20):
                await websocket.send_text(str(number))
        case "return":
            pass
        case _:
            await websocket.send_text(text)


app = Starlette(routes=[WebSocketRoute("/", converse)])


class Conversation(NamedTuple):
    """What a client does. says: one after the other, and for each of them hears so many answers.

    closes: how it ends it, None where the application does. parts: of how many characters the
    frames of a text are, since API Gateway takes 32 KB.
    """

    query: str = ""
    offers: tuple[str, ...] = ()
    says: tuple[tuple[str | bytes, int], ...] = ()
    closes: tuple[int, str] | None = (1000, "")
    parts: int = 10_000


class Outcome(NamedTuple):
    """What came of it. denied: status, one header and body; seen: the end, by the application."""

    subprotocol: str | None = None
    heard: tuple[Any, ...] = ()
    header: str | None = None
    closed: tuple[int, str] | None = None
    denied: tuple[int, str | None, bytes] | None = None
    seen: tuple[int, str | None] | None = None


# 100 KB in UTF-8.
LONG: Final = "ä" * 51_200

CONVERSATIONS: Final = {
    "echo": Conversation(says=(("a", 1), ("b", 1), ("", 1))),
    "unicode": Conversation(says=(("žluťoučký 🐎\0\n\u2028", 1),)),
    "100 KB": Conversation(says=((LONG, 1), ("then a short one", 1))),
    "many answers to one message": Conversation(says=(("many", 20),)),
    "push before the first message": Conversation("?how=push", says=(("hello", 3),)),
    "subprotocol": Conversation(offers=("other", "chat"), says=(("a", 1),)),
    "no subprotocol in common": Conversation(offers=("other",), says=(("a", 1),)),
    "headers of the handshake": Conversation("?how=headers", says=(("a", 1),)),
    "denied by a response": Conversation("?how=deny"),
    "denied by an exception": Conversation("?how=raise"),
    "denied by a close": Conversation("?how=refuse"),
    "closed by the client": Conversation(says=(("a", 1),), closes=(4001, "köök")),
    "closed by the application": Conversation(says=(("close", 0),), closes=None),
    "the application returns": Conversation(says=(("return", 0),), closes=None),
    "the application fails": Conversation(says=(("fail", 0),), closes=None),
    "binary to the client": Conversation(says=(("bytes", 0),), closes=None),
    "binary from the client": Conversation(says=((b"\0\1", 0),), closes=None),
}

# What a client has of a DELETE, which is all that the API has to close a connection.
_DELETED: Final = (1000, "Connection Closed Normally")
DIFFERENCES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "closed by the application": ("DELETE takes no code and no reason", {"closed": _DELETED}),
    "the application returns": ("DELETE takes no code, and has a reason", {"closed": _DELETED}),
    "the application fails": ("DELETE takes no code", {"closed": _DELETED}),
    "binary to the client": (
        "the API carries text alone, so that `send` raises",
        {"heard": (), "closed": _DELETED},
    ),
    "binary from the client": (
        "API Gateway closes it by itself, and tells the function the code",
        {"closed": (1003, ""), "seen": (1003, "")},
    ),
}


def outcome(url: str, conversation: Conversation, *, sees: bool) -> Outcome:
    """What comes of a conversation; sees: whether the application sees its end."""
    try:
        client = connect(
            url + conversation.query,
            subprotocols=list(conversation.offers) or None,  # type: ignore[arg-type]  # plain text
            proxy=None,
            open_timeout=SECONDS,
        )
    except InvalidStatus as refused:
        response = refused.response
        why = response.headers.get("x-why")
        return Outcome(denied=(response.status_code, why, bytes(response.body)))
    with client:
        heard = [each for said in conversation.says for each in say(client, conversation, *said)]
        if conversation.closes is None:
            heard += rest(client)
        else:
            client.close(*conversation.closes)
        assert client.response is not None
        found = Outcome(client.subprotocol, tuple(heard), client.response.headers.get("x-room"))
    if sees:
        found = found._replace(seen=SEEN.get(timeout=SECONDS))
    if conversation.closes is not None:
        return found
    assert client.close_code is not None
    assert client.close_reason is not None
    return found._replace(closed=(client.close_code, client.close_reason))


def say(
    client: ClientConnection, conversation: Conversation, what: str | bytes, answers: int
) -> list[Any]:
    if len(what) > conversation.parts:
        assert isinstance(what, str)
        size = conversation.parts
        client.send([what[start : start + size] for start in range(0, len(what), size)])
    else:
        client.send(what)
    return [client.recv(SECONDS) for _ in range(answers)]


def rest(client: ClientConnection) -> list[Any]:
    """What comes before the end."""
    heard: list[Any] = []
    with suppress(ConnectionClosed):
        while True:
            heard.append(client.recv(SECONDS))
    return heard


@pytest.fixture(scope="module")
def uvicorn() -> Iterator[str]:
    with serving(lambda port: app) as port:
        yield f"ws://127.0.0.1:{port}/"


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    with behind_gateway(lambda port: adapt(app, websocket_endpoint=endpoint(port))) as url:
        yield url


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_conversation_is_the_same(name: str, uvicorn: str, gateway: str) -> None:
    conversation = CONVERSATIONS[name]
    assert SEEN.empty(), "an earlier conversation was seen to end twice"
    _, difference = DIFFERENCES.get(name, ("", {}))
    closes = conversation.closes is not None
    expected = outcome(uvicorn, conversation, sees=closes)
    found = outcome(gateway, conversation, sees=closes or "seen" in difference)

    # Else both could agree on an error of the tests.
    said = sum(answers for _, answers in conversation.says)
    assert len(expected.heard) == said + (name == "binary to the client")
    assert found == expected._replace(**difference)
    assert name not in DIFFERENCES or found != expected, "by now they are the same"
