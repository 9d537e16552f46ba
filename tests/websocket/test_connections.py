"""Whole connections on both loops: events in, calls of the management API out."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import anyio
import pytest

from asgi_lambda import UnsupportedEvent
from asgi_lambda.errors import MessageRefused, ResponseFailed, SendFailed
from asgi_lambda.websocket import MemoryStore, Record
from asgi_lambda.websocket import connections as connections_module
from tests.websocket.play import (
    HOST,
    FakeAPI,
    Seen,
    accept,
    connect,
    disconnect,
    echo,
    event,
    live,
    message,
)

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Receive, Send
    from tests.backends import Backend
    from tests.websocket.conftest import Serve

TAKEN = {"statusCode": 200}


def test_a_conversation(serve: Serve, api: FakeAPI) -> None:
    handler = serve(echo)
    assert handler(connect()) == {"statusCode": 200}
    # Until the handshake is answered nothing can be sent.
    assert api.calls == []
    assert handler(message("a")) == TAKEN
    assert handler(message("b")) == TAKEN
    assert handler(disconnect()) == TAKEN
    assert api.sent() == ["welcome", "1: a", "2: b"]
    assert api.closed() == []
    assert api.endpoints == [f"https://{HOST}/prod"]
    assert live(handler) == []


def test_the_scope(serve: Serve) -> None:
    seen = Seen()
    handler = serve(seen)
    made = connect(headers={"Sec-WebSocket-Protocol": "a, b"}, query={"room": "1"})
    context = object()
    handler(made, cast(Any, context))
    (scope,) = seen.scopes
    extension = scope["extensions"].pop("asgi_lambda.connection")
    assert (extension.id, extension.replayed, dict(extension.data)) == ("one", False, {})
    assert scope["aws.event"] is made
    assert scope["aws.context"] is context
    scope = {key: value for key, value in scope.items() if not key.startswith("aws.")}
    assert scope == {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "scheme": "wss",
        "path": "/prod/",
        "raw_path": b"/prod/",
        "query_string": b"room=1",
        "root_path": "/prod",
        "headers": [
            (b"host", HOST.encode()),
            (b"x-forwarded-proto", b"https"),
            (b"sec-websocket-protocol", b"a, b"),
        ],
        "client": ("192.0.2.7", 0),
        "server": (HOST, 443),
        "subprotocols": ["a", "b"],
        "state": {},
        "extensions": {"websocket.http.response": {}},
    }


@pytest.mark.parametrize(
    ("options", "path", "root_path"),
    [
        pytest.param({"strip_root_path": True}, "/", "", id="stripped"),
        pytest.param({"root_path": "/x"}, "/x/", "/x", id="another"),
    ],
)
def test_the_prefix_by_option(
    serve: Serve, options: dict[str, Any], path: str, root_path: str
) -> None:
    seen = Seen()
    serve(seen, **options)(connect())
    assert (seen.scopes[0]["path"], seen.scopes[0]["root_path"]) == (path, root_path)


def test_the_messages(serve: Serve) -> None:
    seen = Seen()
    handler = serve(seen)
    handler(connect())
    handler(message("a"))
    handler({**message("AP8="), "isBase64Encoded": True})
    handler(disconnect(code=None, reason=""))
    assert seen.messages == [
        {"type": "websocket.receive", "text": "a", "bytes": None},
        {"type": "websocket.receive", "text": None, "bytes": b"\0\xff"},
        {"type": "websocket.disconnect", "code": 1005, "reason": ""},
    ]


def test_an_accepted_handshake_has_what_the_application_chose(serve: Serve) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send, subprotocol="chat", headers=[(b"X-A", b"1")])
        await receive()

    assert serve(app, exclude_headers=["x-b"])(connect()) == {
        "statusCode": 200,
        "headers": {"Sec-WebSocket-Protocol": "chat", "x-a": "1"},
    }


def test_a_close_before_the_accept_is_a_403(serve: Serve, api: FakeAPI) -> None:
    got: list[Any] = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close", "code": 4000})
        got.append(await receive())

    handler = serve(app)
    assert handler(connect()) == {"statusCode": 403}
    assert got == [{"type": "websocket.disconnect", "code": 1006, "reason": ""}]
    assert api.calls == []


def test_a_denial_has_its_own_response(serve: Serve, api: FakeAPI) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await receive()
        headers = [(b"content-type", b"text/plain")]
        await send({"type": "websocket.http.response.start", "status": 401, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": b"who ", "more_body": True})
        await send({"type": "websocket.http.response.body", "body": b"are you?"})

    assert serve(app)(connect()) == {
        "statusCode": 401,
        "headers": {"content-type": "text/plain"},
        "body": "who are you?",
        "isBase64Encoded": False,
    }
    with pytest.raises(ResponseFailed, match="401 for a handshake"):
        serve(app, fail_on=[401])(connect())


@pytest.mark.parametrize("raises", [False, True], ids=["returns", "raises"])
def test_an_application_that_never_answers_the_handshake(
    serve: Serve, log: pytest.LogCaptureFixture, raises: bool
) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await receive()
        if raises:
            raise RuntimeError("no")

    assert serve(app)(connect()) == {"statusCode": 500}
    (record,) = [each for each in log.records if each.levelno == logging.ERROR]
    what = "raised an exception" if raises else "returned"
    assert f"{what}, while waiting for websocket.accept" in record.getMessage()


def test_a_wrong_message_is_raised_into_the_application(
    serve: Serve, log: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.send", "text": "x"})

    assert serve(app)(connect()) == {"statusCode": 500}
    assert "UnexpectedMessage" in log.text


# The end of a connection


def test_a_close_by_the_application(serve: Serve, api: FakeAPI) -> None:
    got: list[Any] = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await receive()
        await send({"type": "websocket.send", "text": "bye"})
        await send({"type": "websocket.close", "code": 4000, "reason": "enough"})
        got.append(await receive())

    handler = serve(app)
    handler(connect())
    handler(message("a"))
    assert api.calls == [("post", "one", "bye"), ("delete", "one", "")]
    assert got == [{"type": "websocket.disconnect", "code": 4000, "reason": "enough"}]
    # That is what API Gateway tells of it then.
    assert handler(disconnect()) == TAKEN
    assert len(api.calls) == 2


@pytest.mark.parametrize("raises", [False, True], ids=["returns", "raises"])
def test_an_application_that_ends_closes(
    serve: Serve, api: FakeAPI, log: pytest.LogCaptureFixture, raises: bool
) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await receive()
        if raises:
            raise RuntimeError("no")

    handler = serve(app)
    handler(connect())
    handler(message("a"))
    assert api.calls == [("delete", "one", "")]
    assert ("raised an exception, while waiting for websocket.send" in log.text) is raises


@pytest.mark.parametrize("returns", [False, True], ids=["closes", "returns"])
def test_the_end_of_a_connection_that_the_application_closed_is_told_nobody(
    serve: Serve, api: FakeAPI, returns: bool
) -> None:
    """It is told elsewhere as soon as the call has been made, before that has returned."""
    seen = Seen()

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await receive()
        if not returns:
            await send({"type": "websocket.close"})

    store = MemoryStore()
    elsewhere = serve(seen, websocket_store=store)
    handler = serve(app, websocket_store=store)
    api.when_called = partial(elsewhere, disconnect())
    handler(connect())
    handler(message("a"))
    assert api.closed() == ["one"]
    assert seen.scopes == []


def test_a_close_right_after_the_accept_leaves_with_the_next_event(
    serve: Serve, api: FakeAPI
) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        if scope["aws.event"]["requestContext"]["connectionId"] == "one":
            await send({"type": "websocket.close"})
        else:
            await receive()

    handler = serve(app)
    assert handler(connect()) == {"statusCode": 200}
    assert api.calls == []
    handler(connect("two"))
    assert api.calls == [("delete", "one", "")]


def test_an_application_that_goes_on_after_the_end_is_cancelled(serve: Serve, api: FakeAPI) -> None:
    ended = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        try:
            while True:
                await receive()
        except BaseException:
            ended.append("cancelled")
            raise

    store = MemoryStore()
    handler = serve(app, websocket_store=store)
    handler(connect())
    assert store.load("one") is not None
    handler(disconnect())
    assert ended == ["cancelled"]
    assert store.load("one") is None
    assert api.calls == []


def test_sending_to_a_client_that_is_gone(
    serve: Serve, api: FakeAPI, log: pytest.LogCaptureFixture
) -> None:
    got: list[Any] = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        got.append((await receive())["text"])
        for _ in range(2):
            try:
                await send({"type": "websocket.send", "text": "x"})
            except OSError as error:
                got.append(str(error))
        got.append(await receive())

    handler = serve(app)
    handler(connect())
    api.lose("one")
    assert handler(message("a")) == TAKEN
    gone = {"type": "websocket.disconnect", "code": 1006, "reason": ""}
    assert got == ["a", *["the connection was left by the client"] * 2, gone]
    assert api.calls == []
    assert log.records == [] or "raised" not in log.text


def test_a_welcome_to_a_client_that_is_gone(serve: Serve, api: FakeAPI) -> None:
    seen = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        for text in "ab":
            await send({"type": "websocket.send", "text": text})
        while (message := await receive())["type"] != "websocket.disconnect":
            pass
        seen.append(message["code"])

    handler = serve(app)
    handler(connect())
    api.lose("one")
    handler(connect("two"))
    assert seen == [1006]
    assert live(handler) == ["two"]


def test_a_message_that_is_not_taken(
    serve: Serve, api: FakeAPI, log: pytest.LogCaptureFixture
) -> None:
    got: list[str] = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await send({"type": "websocket.send", "text": "welcome"})
        await receive()
        try:
            await send({"type": "websocket.send", "text": "x"})
        except SendFailed as error:
            got.append(str(error))
        await receive()

    handler = serve(app)
    handler(connect())
    api.failures["one"].extend([SendFailed("first"), SendFailed("second")])
    handler(message("a"))
    assert got == ["second"]
    # Nobody waited for the first one.
    assert "A WebSocket message was not taken: first" in log.text
    assert "second" not in log.text


@pytest.mark.parametrize(
    ("refused", "what"),
    [
        pytest.param({"text": "x" * 131_073}, "at most 131072 bytes, got 131073", id="large"),
        pytest.param({"text": "ö" * 65_537}, "got 131074", id="large-in-bytes"),
        pytest.param({"bytes": b"x"}, "base64", id="binary"),
    ],
)
def test_a_message_that_no_gateway_carries(
    serve: Serve, api: FakeAPI, refused: dict[str, Any], what: str
) -> None:
    errors: list[str] = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await receive()
        try:
            await send({"type": "websocket.send", **refused})
        except MessageRefused as error:
            errors.append(str(error))
        await send({"type": "websocket.send", "text": "x" * 131_072})
        await receive()

    handler = serve(app)
    handler(connect())
    handler(message("a"))
    (error,) = errors
    assert what in error
    assert len(api.sent()[0]) == 131_072


def test_who_sends_and_never_receives_waits_for_the_next_event(serve: Serve, api: FakeAPI) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        for number in range(150):
            await send({"type": "websocket.send", "text": str(number)})
        await receive()

    handler = serve(app)
    assert handler(connect()) == {"statusCode": 200}
    handler(message("a"))
    assert api.sent() == [str(number) for number in range(150)]


# Several connections, several tasks


def test_a_receiver_and_a_worker(serve: Serve, api: FakeAPI) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        put, take = anyio.create_memory_object_stream[str](10)

        async def work() -> None:
            async with take:
                async for text in take:
                    # What it does takes a few turns.
                    for _ in range(5):
                        await anyio.lowlevel.checkpoint()
                    await send({"type": "websocket.send", "text": text.upper()})

        async with put, anyio.create_task_group() as group:
            group.start_soon(work)
            while (message := await receive())["type"] == "websocket.receive":
                for letter in message["text"]:
                    await put.send(letter)
            put.close()

    handler = serve(app, websocket_linger=0.5)
    handler(connect())
    handler(message("abc"))
    assert api.sent() == ["A", "B", "C"]
    handler(disconnect())
    assert live(handler) == []


def test_a_worker_that_sends_is_waited_for_without_linger(serve: Serve, api: FakeAPI) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)

        pushes = anyio.Event()

        async def push() -> None:
            connection = scope["extensions"]["asgi_lambda.connection"]
            pushes.set()
            for number in range(20):
                await send({"type": "websocket.send", "text": str(number)})
                await connection.save({"number": number})

        async with anyio.create_task_group() as group:
            await receive()
            group.start_soon(push)
            # The other task has its first turn, and is never seen without a call from there on.
            await pushes.wait()
            while (await receive())["type"] != "websocket.disconnect":
                pass

    handler = serve(app)
    handler(connect())
    handler(message("a"))
    assert api.sent() == [str(number) for number in range(20)]


def test_two_tasks_that_receive(serve: Serve, api: FakeAPI) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)

        async def answer() -> None:
            got = await receive()
            await send({"type": "websocket.send", "text": got["text"]})

        async with anyio.create_task_group() as group:
            group.start_soon(answer)
            group.start_soon(answer)
        await receive()

    handler = serve(app)
    handler(connect())
    handler(message("a"))
    handler(message("b"))
    assert api.sent() == ["a", "b"]


def test_a_group_send_in_memory_arrives(serve: Serve, api: FakeAPI) -> None:
    group: dict[str, Any] = {}

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        name = scope["extensions"]["asgi_lambda.connection"].id
        put, take = anyio.create_memory_object_stream[str](10)
        group[name] = put

        async def pass_on() -> None:
            async with take:
                async for text in take:
                    await send({"type": "websocket.send", "text": text})

        async with put, anyio.create_task_group() as tasks:
            tasks.start_soon(pass_on)
            while (message := await receive())["type"] == "websocket.receive":
                for each in group.values():
                    await each.send(message["text"])
            group.pop(name).close()

    handler = serve(app, websocket_linger=0.5)
    for name in ("one", "two", "three"):
        handler(connect(name))
    handler(message("hello", "two"))
    assert {name: api.sent(name) for name in group} == {name: ["hello"] for name in group}
    handler(disconnect("two"))
    handler(message("bye", "one"))
    assert {name: api.sent(name)[1:] for name in group} == {"one": ["bye"], "three": ["bye"]}


def test_many_invocations_at_once(serve: Serve, api: FakeAPI, backend: Backend) -> None:
    handler = serve(echo)
    names = [str(number) for number in range(20)]

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for name in names:
                group.start_soon(handler.invoke, connect(name))
        async with anyio.create_task_group() as group:
            for name in names:
                for text in "ab":
                    group.start_soon(handler.invoke, message(text, name))

    backend.run(main)
    for name in names:
        welcome, *answers = api.sent(name)
        assert welcome == "welcome"
        assert sorted(each[-1] for each in answers) == ["a", "b"]
        assert [each[:2] for each in answers] == ["1:", "2:"]


def test_an_invocation_waits_for_the_messages_of_others(
    serve: Serve, api: FakeAPI, backend: Backend
) -> None:
    import threading

    wakes: list[Any] = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        if not wakes:
            # This one waits for the other, not for its client.
            wakes.append(anyio.Event())
            async with anyio.create_task_group() as group:

                async def late() -> None:
                    await wakes[0].wait()
                    await send({"type": "websocket.send", "text": "late"})

                group.start_soon(late)
                await receive()
        await receive()
        wakes[0].set()
        await receive()

    handler = serve(app, websocket_linger=0.2)
    handler(connect("one"))
    handler(connect("two"))
    api.opens = threading.Event()
    answered = threading.Event()

    def invoke() -> None:
        handler(message("x", "two"))
        answered.set()

    thread = threading.Thread(target=invoke)
    thread.start()
    assert api.entered.wait(10)
    assert not answered.is_set()
    api.opens.set()
    thread.join(10)
    assert answered.is_set()
    assert api.sent("one") == ["late"]


# Replays


def test_another_environment_replays(serve: Serve, api: FakeAPI) -> None:
    store = MemoryStore()
    one, two = (serve(echo, websocket_store=store) for _ in range(2))
    one(connect())
    one(message("a"))
    two(message("b"))
    two(message("c"))
    one(message("d"))
    assert api.sent() == ["welcome", "1: a", "1r: b", "2r: c", "2: d"]


def test_a_replay_has_the_scope_of_the_handshake_without_credentials(serve: Serve) -> None:
    store = MemoryStore()
    first, second = Seen(), Seen()
    headers = {
        "Cookie": "a=1",
        "Authorization": "Bearer x",
        "Origin": "https://example.com",
        "Sec-WebSocket-Protocol": "chat, secret-token",
    }
    query = {"room": "köök", "access_token": "x", "t": "eyJhbGciOi.x.y"}
    made = connect(headers=headers, query=query)
    serve(first, websocket_store=store)(made)
    serve(second, websocket_store=store)(message("a"))
    (scope,) = second.scopes
    assert scope["extensions"]["asgi_lambda.connection"].replayed
    assert scope["query_string"] == b"room=k%C3%B6%C3%B6k"
    assert scope["headers"] == [
        (b"host", HOST.encode()),
        (b"x-forwarded-proto", b"https"),
        (b"origin", b"https://example.com"),
    ]
    assert scope["subprotocols"] == []
    assert scope["root_path"] == first.scopes[0]["root_path"]
    assert scope["aws.event"]["body"] == "a"


def test_a_replay_with_credentials(serve: Serve) -> None:
    store = MemoryStore(store_credentials=True)
    first, second = Seen(), Seen()
    headers = {"Cookie": "a=1", "Sec-WebSocket-Protocol": "chat, other"}
    serve(first, websocket_store=store)(connect(headers=headers, query={"token": "x"}))
    serve(second, websocket_store=store)(message("a"))
    for key in ("headers", "query_string", "subprotocols"):
        assert second.scopes[0][key] == first.scopes[0][key]


def test_a_replay_offers_the_subprotocol_that_was_accepted(serve: Serve) -> None:
    offered: list[Any] = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        offered.append(scope["subprotocols"])
        await accept(receive, send, subprotocol="b")
        await receive()

    store = MemoryStore()
    serve(app, websocket_store=store)(connect(headers={"Sec-WebSocket-Protocol": "a, b"}))
    serve(app, websocket_store=store)(message("a"))
    assert offered == [["a", "b"], ["b"]]


def test_a_replay_that_is_denied_closes(serve: Serve, api: FakeAPI) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close"})

    store = MemoryStore()
    serve(echo, websocket_store=store)(connect())
    serve(app, websocket_store=store)(message("a"))
    assert api.calls == [("delete", "one", "")]
    assert store.load("one") is None


def test_an_end_in_another_environment(serve: Serve, api: FakeAPI) -> None:
    store, seen = MemoryStore(), Seen()
    serve(echo, websocket_store=store)(connect())
    handler = serve(seen, websocket_store=store)
    assert handler(disconnect()) == TAKEN
    assert seen.messages == [{"type": "websocket.disconnect", "code": 1001, "reason": "away"}]
    assert store.load("one") is None
    assert api.calls == []


def test_a_connection_that_nobody_knows_is_closed(
    serve: Serve, api: FakeAPI, log: pytest.LogCaptureFixture
) -> None:
    seen = Seen()
    handler = serve(seen)
    for _ in range(2):
        assert handler(message("a")) == TAKEN
    assert api.calls == [("delete", "one", "")] * 2
    assert seen.scopes == []
    levels = [each.levelno for each in log.records if "nothing is known of it" in each.getMessage()]
    assert levels == [logging.WARNING, logging.DEBUG]


def test_the_end_of_a_connection_that_nobody_knows(serve: Serve, api: FakeAPI) -> None:
    assert serve(echo)(disconnect()) == TAKEN
    assert api.calls == []


def test_a_second_handshake_begins_anew(serve: Serve, api: FakeAPI) -> None:
    handler = serve(echo)
    handler(connect())
    handler(message("a"))
    handler(connect())
    handler(message("b"))
    assert api.sent() == ["welcome", "1: a", "welcome", "1: b"]


def test_a_message_that_comes_twice_or_late(serve: Serve, api: FakeAPI) -> None:
    handler = serve(echo)
    handler(connect())
    for _ in range(2):
        handler(message("a"))
    handler(disconnect())
    assert handler(message("late")) == TAKEN
    assert api.sent() == ["welcome", "1: a", "2: a"]
    assert api.closed() == ["one"]


# The store


class BrokenStore(MemoryStore):
    """Works as long as `works`."""

    works = True

    def create(self, connection_id: str, record: Any) -> None:
        self._check()
        super().create(connection_id, record)

    def load(self, connection_id: str) -> Any:
        self._check()
        return super().load(connection_id)

    def delete(self, connection_id: str) -> None:
        self._check()
        super().delete(connection_id)

    def _check(self) -> None:
        if not self.works:
            raise ConnectionError("the store is down")


def test_a_handshake_that_cannot_be_kept_is_not_accepted(
    serve: Serve, api: FakeAPI, log: pytest.LogCaptureFixture
) -> None:
    store = BrokenStore()
    store.works = False
    handler = serve(echo, websocket_store=store)
    assert handler(connect()) == {"statusCode": 500}
    assert "the store is down" in log.text
    assert api.calls == []


def test_a_handshake_that_cannot_be_kept_is_not_accepted_even_if_the_application_goes_on(
    serve: Serve, api: FakeAPI
) -> None:
    got: list[Any] = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        try:
            await accept(receive, send)
        except ConnectionError:
            got.append(await receive())

    store = BrokenStore()
    store.works = False
    assert serve(app, websocket_store=store)(connect()) == {"statusCode": 500}
    assert got == [{"type": "websocket.disconnect", "code": 1006, "reason": ""}]


def test_a_store_that_is_down_fails_the_invocation_and_keeps_the_connection(
    serve: Serve, api: FakeAPI
) -> None:
    store = BrokenStore()
    serve(echo, websocket_store=store)(connect())
    handler = serve(echo, websocket_store=store)
    store.works = False
    with pytest.raises(ConnectionError, match="the store is down"):
        handler(message("a"))
    store.works = True
    handler(message("b"))
    assert api.calls == [("post", "one", "1r: b")]


def test_a_record_of_another_shape_fails_the_invocation(serve: Serve, api: FakeAPI) -> None:
    store = MemoryStore()
    store.create("one", Record({"of": "another version"}, {}))
    handler = serve(echo, websocket_store=store)
    with pytest.raises(KeyError):
        handler(message("a"))
    assert live(handler) == []
    assert api.calls == []


def test_a_record_that_cannot_be_deleted_is_logged(
    serve: Serve, log: pytest.LogCaptureFixture
) -> None:
    store = BrokenStore()
    handler = serve(echo, websocket_store=store)
    handler(connect())
    store.works = False
    assert handler(disconnect()) == TAKEN
    assert "could not be deleted" in log.text


def test_a_record_that_cannot_be_deleted_keeps_nobody_from_a_close(
    serve: Serve, api: FakeAPI, log: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await receive()
        await send({"type": "websocket.close"})

    store = BrokenStore()
    handler = serve(app, websocket_store=store)
    handler(connect())
    store.works = False
    assert handler(message("a")) == TAKEN
    assert api.closed() == ["one"]
    assert "could not be deleted" in log.text


# What is kept here, and for how long


def test_connections_are_bounded_in_number(
    serve: Serve, api: FakeAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections_module, "MOST", 2)
    handler = serve(echo)
    for name in "abc":
        handler(connect(name))
    assert live(handler) == ["b", "c"]
    # The least recently used one went, and comes back.
    handler(message("x", "b"))
    handler(message("y", "a"))
    assert live(handler) == ["b", "a"]
    assert api.sent("a")[-1] == "1r: y"


@pytest.mark.parametrize(
    ("limit", "value"), [("IDLE", 0.0), ("LIFETIME", 0.0)], ids=["idle", "old"]
)
def test_connections_are_bounded_in_age(
    serve: Serve, api: FakeAPI, monkeypatch: pytest.MonkeyPatch, limit: str, value: float
) -> None:
    ended = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        try:
            await receive()
        except BaseException as error:
            ended.append(type(error).__name__)
            raise

    handler = serve(app)
    handler(connect())
    monkeypatch.setattr(connections_module, limit, value)
    handler(connect("two"))
    assert len(ended) == 1
    assert api.calls == []


def test_a_loop_that_is_closed_takes_its_connections_along(
    serve: Serve, api: FakeAPI, backend: Backend
) -> None:
    handler = serve(echo)
    for text in "ab":

        async def main(text: str = text) -> None:
            if text == "a":
                await handler.invoke(connect())
            await handler.invoke(message(text))

        backend.run(main)
    assert api.sent() == ["welcome", "1: a", "1r: b"]


def test_two_loops_have_a_coroutine_each(serve: Serve, api: FakeAPI, backend: Backend) -> None:
    handler = serve(echo, lifespan="off")
    handler(connect())

    async def main() -> None:
        await handler.invoke(message("a"))

    backend.run(main)
    handler(message("b"))
    # The first one had never been told.
    assert api.sent() == ["1r: a", "welcome", "1: b"]


# Events


@pytest.mark.parametrize(
    "broken",
    [
        {**message("a"), "body": 5},
        {**message("?"), "isBase64Encoded": True},
        event("MESSAGE", "one", connectionId=5),
        event("MESSAGE", "one", domainName=None),
        event("CONNECT", "one", identity=5),
    ],
    ids=["body", "base64", "id", "domain", "identity"],
)
def test_an_event_of_another_shape_is_refused(serve: Serve, broken: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedEvent, match="'websocket-api'"):
        serve(echo)(broken)


def test_the_lifespan_comes_first(adapt: Any, api: FakeAPI) -> None:
    states = []

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"]["pool"] = "ready"
            await send({"type": "lifespan.startup.complete"})
            await receive()
        else:
            states.append(scope["state"])
            await accept(receive, send)
            await receive()

    handler = adapt(app, websocket_linger=0)
    handler(connect())
    assert states == [{"pool": "ready"}]
    assert states[0] is not handler.state


# The end of the environment


class Kept:
    """An application with a lifespan whose connections use what that has opened.

    ends: how they end, and whether that was still open. waits: their ends take so long (s).
    """

    def __init__(self, waits: float = 0) -> None:
        self.ends: list[str] = []
        self._waits = waits

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"]["open"] = [True]
            await send({"type": "lifespan.startup.complete"})
            await receive()
            scope["state"]["open"].clear()
            self.ends.append("lifespan")
            await send({"type": "lifespan.shutdown.complete"})
            return
        await accept(receive, send)
        try:
            await receive()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(self._waits)
            self.ends.append("open" if scope["state"]["open"] else "too late")


def test_a_shutdown_ends_the_coroutines_first_and_leaves_the_connections(
    adapt: Any, api: FakeAPI
) -> None:
    app, store = Kept(), MemoryStore()
    handler = adapt(app, websocket_linger=0, websocket_store=store)
    handler(connect("one"))
    handler(connect("two"))
    handler.shutdown()
    assert app.ends == ["open", "open", "lifespan"]
    assert live(handler) == []
    assert api.calls == []
    assert store.load("one") is not None
    # It is rebuilt, after another startup.
    handler(message("a", "one"))
    assert app.ends == ["open", "open", "lifespan", "open"]


def test_a_shutdown_waits_for_a_coroutine_no_longer_than_it_can(adapt: Any, api: FakeAPI) -> None:
    app = Kept(waits=0.5)
    handler = adapt(app, websocket_linger=0)
    handler(connect())
    handler.shutdown()
    assert app.ends == ["lifespan"]


def test_a_shutdown_on_another_loop_leaves_them_alone(
    serve: Serve, api: FakeAPI, backend: Backend
) -> None:
    handler = serve(echo, lifespan="off")
    handler(connect())

    async def main() -> None:
        async with handler.lifespan():
            pass

    backend.run(main)
    assert live(handler) == ["one"]
