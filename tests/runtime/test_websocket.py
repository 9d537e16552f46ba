"""WebSocket connections on our runtime and on AWS's client: when the answers and messages leave."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from asgi_lambda import adapt
from asgi_lambda.loops import asyncio as loops
from asgi_lambda.runtime.websocket import WebSocketDelivery
from asgi_lambda.sources.websocket import WEBSOCKET_API
from asgi_lambda.websocket import common
from asgi_lambda.websocket.management import ENDPOINTS
from tests.runtime.clients import AWS, OURS, start
from tests.runtime.double import NEXT
from tests.runtime.events import deadline
from tests.websocket.connections_api import ConnectionsAPI, serving
from tests.websocket.play import FakeAPI, accept, connect, disconnect, message, websocket_only

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_lambda.asgi_types import Receive, Send
    from tests.runtime.clients import Client


@pytest.fixture
def connections() -> Iterator[tuple[ConnectionsAPI, dict[str, str]]]:
    """The management API, and what tells a process where it is."""
    with serving() as (api, where):
        yield api, {ENDPOINTS[0]: where}


def invoke(client: Client, event: Any, number: int, **headers: str) -> Any:
    """The answer to an event, once its invocation has ended."""
    received = client.api.invoke(event, str(number), **headers)
    client.api.wait_for(NEXT, number + 1)
    return received.content


@pytest.mark.parametrize("handler", ["websockets.handler", "websockets.on_trio"])
def test_messages_follow_the_answer_to_the_handshake(
    connections: tuple[ConnectionsAPI, dict[str, str]], handler: str
) -> None:
    api, variables = connections
    api.opens = threading.Event()
    with start(handler, **variables) as client:
        # The answer is whole while the message still waits.
        received = client.api.invoke(connect(), "1")
        assert received.content == {"statusCode": 200}
        assert client.api.whats().count(NEXT) == 1
        api.opens.set()
        client.api.wait_for(NEXT, 2)
        assert api.sent("one") == ["welcome"]
        assert invoke(client, message("a"), 2) == {"statusCode": 200}
        assert invoke(client, disconnect(), 3) == {"statusCode": 200}
    assert api.sent("one") == ["welcome", "A"]


@pytest.mark.parametrize("handler", ["websockets.handler", "websockets.on_trio"])
def test_on_the_client_of_aws_they_wait_for_the_next_event(
    connections: tuple[ConnectionsAPI, dict[str, str]], handler: str
) -> None:
    api, variables = connections
    with start(handler, module=AWS, **variables) as client:
        assert invoke(client, connect(), 1) == {"statusCode": 200}
        assert api.asked == []
        assert invoke(client, message("a"), 2) == {"statusCode": 200}
    assert api.sent("one") == ["welcome", "A"]


def test_an_application_pushes_after_the_answer(
    connections: tuple[ConnectionsAPI, dict[str, str]],
) -> None:
    api, variables = connections
    with start("websockets.handler", **variables) as client:
        invoke(client, connect(query={"pushes": "1"}), 1)
    assert api.sent("one") == ["welcome", "0", "1", "2"]


@pytest.mark.parametrize("module", [OURS, AWS])
def test_a_denied_handshake(
    connections: tuple[ConnectionsAPI, dict[str, str]], module: str
) -> None:
    api, variables = connections
    with start("websockets.handler", module=module, **variables) as client:
        assert invoke(client, connect(query={"denied": "1"}), 1) == {"statusCode": 403}
        assert invoke(client, connect("two"), 2) == {"statusCode": 200}
    assert api.sent("one") == []


@pytest.mark.parametrize("query", [{}, {"denied": "1"}], ids=["accepted", "denied"])
def test_what_is_to_fail_the_invocation_does_not_leave(
    connections: tuple[ConnectionsAPI, dict[str, str]], query: dict[str, str]
) -> None:
    with start("websockets.failing", **connections[1]) as client:
        received = client.api.invoke(connect(query=query), "1")
    assert received.content["errorType"] == "ResponseFailed"


@pytest.mark.parametrize("handler", ["websockets.handler", "websockets.on_trio"])
def test_a_busy_connection_at_the_deadline(
    connections: tuple[ConnectionsAPI, dict[str, str]], handler: str
) -> None:
    api, variables = connections
    with start(handler, **variables) as client:
        invoke(client, connect(), 1)
        near = deadline(1.0)
        assert invoke(client, message("hang"), 2, Lambda_Runtime_Deadline_Ms=near) == {
            "statusCode": 200
        }
        invoke(client, message("a"), 3)
    assert "still ran at the deadline, and was cancelled" in client.log
    # What it said of its own accord it said once.
    assert api.sent("one") == ["welcome", "A"]


def test_many_connections_at_once(connections: tuple[ConnectionsAPI, dict[str, str]]) -> None:
    api, variables = connections
    names = [f"c{number}" for number in range(8)]
    with start("websockets.handler", AWS_LAMBDA_MAX_CONCURRENCY="4", **variables) as client:
        for name in names:
            client.api.give(connect(name), f"connect-{name}")
        for name in names:
            assert client.api.answer(f"connect-{name}").content == {"statusCode": 200}
        for name in names:
            client.api.give(message(name, name), f"message-{name}")
        for name in names:
            client.api.answer(f"message-{name}")
    assert {name: api.sent(name) for name in names} == {
        name: ["welcome", name.upper()] for name in names
    }


# By plain calls


class TakesAll:
    """The Runtime API where it takes what it is given."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    async def respond(self, invocation: Any, body: bytes) -> asyncio.Future[Any]:
        self.taken.append(body)
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        reply.set_result(None)
        return reply

    def ask(self, length: int) -> None:
        pass


def deliver(application: Any, *, during: Any) -> list[bytes]:
    """What Lambda has of a handshake. during: is called while the application hangs."""
    hangs = asyncio.Event()
    handler = adapt(websocket_only(application(hangs)), websocket_linger=0)
    event = connect()
    delivery = WebSocketDelivery(handler, handler._open_other(WEBSOCKET_API, event, None), event)
    api: Any = TakesAll()
    nothing: Any = None
    # Before there is anything to give up.
    delivery.give_up("nothing is under way")

    async def main() -> None:
        task = asyncio.ensure_future(delivery.run(loops.running(), api, nothing))
        await hangs.wait()
        during(delivery, task)
        during(delivery, task)
        await task

    with asyncio.Runner() as runner:
        runner.run(main())
    taken: list[bytes] = api.taken
    return taken


def hanging(hangs: asyncio.Event) -> Any:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await receive()
        hangs.set()
        await asyncio.Event().wait()

    return app


def accepted_and_hanging(hangs: asyncio.Event) -> Any:
    async def app(scope: Any, receive: Receive, send: Send) -> None:
        await accept(receive, send)
        await send({"type": "websocket.send", "text": "x"})
        # Once it is there, the answer has left.
        loop = asyncio.get_running_loop()
        fake.when_called = lambda: loop.call_soon_threadsafe(hangs.set)
        await asyncio.Event().wait()

    return app


fake = FakeAPI()


@pytest.fixture(autouse=True)
def _fake(monkeypatch: pytest.MonkeyPatch) -> None:
    fake.calls.clear()
    monkeypatch.setattr(common, "Management", fake)


def test_what_is_given_up_without_an_answer_is_a_500() -> None:
    taken = deliver(hanging, during=lambda delivery, _: delivery.give_up("the end"))
    assert taken == [b'{"statusCode": 500}']


def test_what_is_given_up_after_its_answer_has_one_only() -> None:
    taken = deliver(accepted_and_hanging, during=lambda delivery, _: delivery.give_up("the end"))
    assert taken == [b'{"statusCode": 200}']


def test_who_cancels_the_delivery_is_heard() -> None:
    with pytest.raises(asyncio.CancelledError):
        deliver(hanging, during=lambda _, task: task.cancel())
