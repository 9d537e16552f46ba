"""What applications do with `scope["extensions"]["asgi_lambda.connection"]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgi_lambda.errors import DataConflict, MessageRefused, SendFailed
from asgi_lambda.websocket import MemoryStore, connections
from tests.websocket.play import FakeAPI, accept, connect, disconnect, live, message

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Receive, Send
    from tests.websocket.conftest import Serve

KEY = "asgi_lambda.connection"


def calling(act: Any) -> Any:
    """An application that does something with its connection at each message.

    What comes of it is kept in `results` of the application.
    """
    results: list[Any] = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        while (got := await receive())["type"] == "websocket.receive":
            try:
                results.append(await act(scope["extensions"][KEY], got["text"]))
            except Exception as error:
                results.append(error)

    return app, results


# Data


async def count(connection: Any, text: str) -> int:
    await connection.refresh()
    number = connection.data.get("number", 0) + 1
    await connection.save({"number": number, "last": text})
    return int(number)


def test_data_are_shared_by_environments(serve: Serve) -> None:
    store = MemoryStore()
    app, results = calling(count)
    one, two = serve(app, websocket_store=store), serve(app, websocket_store=store)
    one(connect())
    for handler, text in ((one, "a"), (two, "b"), (one, "c"), (two, "d")):
        handler(message(text))
    assert results == [1, 2, 3, 4]
    record = store.load("one")
    assert record is not None
    assert (record.data, record.version) == ({"number": 4, "last": "d"}, 4)


def test_a_replay_has_the_data_from_the_start(serve: Serve) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        connection = scope["extensions"][KEY]
        await accept(receive, send)
        seen.append((connection.replayed, dict(connection.data)))
        if not connection.replayed:
            await connection.save({"user": "ada"})
        await receive()

    store = MemoryStore()
    serve(app, websocket_store=store)(connect())
    serve(app, websocket_store=store)(message("a"))
    assert seen == [(False, {}), (True, {"user": "ada"})]


def test_data_saved_before_the_accept_are_kept_with_the_handshake(serve: Serve) -> None:
    store = MemoryStore()

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        connection = scope["extensions"][KEY]
        await connection.save({"user": "ada"})
        assert await connection.refresh() == {"user": "ada"}
        assert store.load("one") is None
        await accept(receive, send)
        await receive()

    assert serve(app, websocket_store=store)(connect()) == {"statusCode": 200}
    record = store.load("one")
    assert record is not None
    assert (record.data, record.version) == ({"user": "ada"}, 0)


def test_who_saves_over_what_he_has_not_seen_is_told(serve: Serve) -> None:
    async def save(connection: Any, text: str) -> Any:
        await connection.save({"text": text})
        return dict(connection.data)

    store = MemoryStore()
    app, results = calling(save)
    one, two = serve(app, websocket_store=store), serve(app, websocket_store=store)
    one(connect())
    two(message("a"))
    one(message("b"))
    assert results[0] == {"text": "a"}
    assert isinstance(results[1], DataConflict)
    assert "expected version 0" in str(results[1])
    record = store.load("one")
    assert record is not None
    assert record.data == {"text": "a"}


def test_data_of_a_connection_that_is_over(serve: Serve) -> None:
    async def refresh(connection: Any, text: str) -> None:
        store.delete("one")
        await connection.refresh()

    store = MemoryStore()
    app, results = calling(refresh)
    handler = serve(app, websocket_store=store)
    handler(connect())
    handler(message("a"))
    assert isinstance(results[0], DataConflict)


def test_data_are_a_view_and_must_be_json(serve: Serve) -> None:
    async def change(connection: Any, text: str) -> None:
        if text == "view":
            connection.data["a"] = 1
        else:
            await connection.save({"a": object()})

    app, results = calling(change)
    handler = serve(app)
    handler(connect())
    handler(message("view"))
    handler(message("json"))
    assert [type(each) for each in results] == [TypeError, TypeError]


# Others


def test_sending_to_others(serve: Serve, api: FakeAPI) -> None:
    async def send(connection: Any, text: str) -> Any:
        return await connection.send(text.split(), text="hello")

    app, results = calling(send)
    handler = serve(app)
    for name in ("one", "two"):
        handler(connect(name))
    api.lose("gone")
    handler(message("two away gone away one"))
    assert results == [["gone"]]
    # Each once; those who wait here in the order of what they get.
    assert {name: api.sent(name) for name in ("one", "two", "away")} == {
        name: ["hello"] for name in ("one", "two", "away")
    }


def test_sending_to_one(serve: Serve, api: FakeAPI) -> None:
    async def send(connection: Any, text: str) -> Any:
        return await connection.send(text, text="hello")

    app, results = calling(send)
    handler = serve(app)
    handler(connect())
    handler(message("away"))
    assert results == [[]]
    assert api.sent("away") == ["hello"]


def test_sending_to_who_is_not_yet_connected_waits(serve: Serve, api: FakeAPI) -> None:
    found = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        connection = scope["extensions"][KEY]
        await accept(receive, send)
        found.append(await connection.send([connection.id, "away"], text="joined"))
        await receive()

    handler = serve(app)
    handler(connect())
    assert found == [[]]
    assert (api.sent("one"), api.sent("away")) == ([], ["joined"])
    handler(connect("two"))
    assert (api.sent("one"), api.sent("two")) == (["joined"], [])


def test_a_message_that_some_do_not_take(
    serve: Serve, api: FakeAPI, log: pytest.LogCaptureFixture
) -> None:
    async def send(connection: Any, text: str) -> Any:
        return await connection.send(["a", "b", "c"], text="hello")

    app, results = calling(send)
    handler = serve(app)
    handler(connect())
    for name in "ac":
        api.failures[name].append(SendFailed("no"))
    handler(message("x"))
    assert str(results[0]) == "2 of 3 messages were not taken: no"
    assert api.sent("b") == ["hello"]
    assert "was not taken" not in log.text


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"bytes": b"x"}, "base64"),
        ({"text": "x", "bytes": b"x"}, "text alone"),
        ({}, "base64"),
        ({"text": "x" * 131_073}, "at most 131072"),
    ],
    ids=["bytes", "both", "none", "large"],
)
def test_what_cannot_be_sent(
    serve: Serve, api: FakeAPI, arguments: dict[str, Any], what: str
) -> None:
    async def send(connection: Any, text: str) -> Any:
        return await connection.send("away", **arguments)

    app, results = calling(send)
    handler = serve(app)
    handler(connect())
    handler(message("x"))
    assert isinstance(results[0], MessageRefused)
    assert what in str(results[0])
    assert api.calls == []


def test_closing_others(serve: Serve, api: FakeAPI) -> None:
    async def close(connection: Any, text: str) -> Any:
        return await connection.close(text)

    app, results = calling(close)
    handler = serve(app)
    for name in ("one", "two"):
        handler(connect(name))
    api.lose("gone")
    api.failures["broken"].append(SendFailed("no"))
    for name in ("two", "away", "gone", "broken", "one"):
        handler(message(name))
    assert results[:3] == [None] * 3
    assert isinstance(results[3], SendFailed)
    assert api.closed() == ["two", "away", "one"]
    # Each hears of it when API Gateway says so.
    assert live(handler) == ["two", "one"]
    for name in ("one", "two"):
        handler(disconnect(name))
    assert live(handler) == []


def test_closing_who_is_not_yet_connected_waits(serve: Serve, api: FakeAPI) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        connection = scope["extensions"][KEY]
        await accept(receive, send)
        await connection.close(connection.id)
        await receive()

    handler = serve(app)
    handler(connect())
    assert api.closed() == []
    handler(connect("two"))
    assert api.closed() == ["one"]


def test_a_coroutine_that_was_dropped_still_writes_to_its_client(
    serve: Serve, api: FakeAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        connection = scope["extensions"][KEY]
        await accept(receive, send)
        try:
            await receive()
        finally:
            await connection.send(connection.id, text="late")

    handler = serve(app)
    handler(connect())
    monkeypatch.setattr(connections, "IDLE", 0.0)
    handler(connect("two"))
    assert api.sent("one") == ["late"]
