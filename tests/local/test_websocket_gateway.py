"""Sockets at the gateway, in one process: what the function gets, and what its client."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest

from asgi_lambda import ConfigurationError
from asgi_lambda.local import Gateway
from asgi_lambda.local.client import connect as http_client
from asgi_lambda.local.events import build
from asgi_lambda.local.exchange import Exchange
from asgi_lambda.local.front_door import set_up
from asgi_lambda.local.inspector import Inspector
from asgi_lambda.local.limits import MESSAGE
from asgi_lambda.local.report import Report
from asgi_lambda.local.request import Request
from tests.local.clients import connect
from tests.local.sockets import SECONDS, Socket, StillClock
from tests.local.test_gateway import Recorder, own, returns

OK = {"statusCode": 200}
SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=x"}
ACCEPTED: dict[str, Any] = {"type": "websocket.accept", "subprotocol": None, "headers": []}


class Function:
    """A function that notes its events, and does what it is told per type of event."""

    def __init__(self, **answers: Callable[[Any], Any]) -> None:
        self.events: list[Any] = []
        self._answers = answers

    def __call__(self, event: Any, context: Any) -> Any:
        self.events.append(event)
        return self._answers.get(event["requestContext"]["eventType"], returns_ok)(event)

    def types(self) -> list[str]:
        return [event["requestContext"]["eventType"] for event in self.events]


def returns_ok(event: Any) -> Any:
    return OK


def fails(event: Any) -> Any:
    raise ValueError("secret")


def gateway(function: Any = None, **settings: Any) -> Gateway:
    return Gateway(function or returns(OK), "websocket-api", **settings)


def run(main: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        with anyio.fail_after(2 * SECONDS):
            await main()

    anyio.run(within)


def test_life_of_a_socket() -> None:
    function = Function()
    app = gateway(function, stage="dev", routes=["chat"], authorizer={"tenant": "x"})

    async def main() -> None:
        socket = Socket(app, "/dev?room=1")
        assert await socket.next() == ACCEPTED
        socket.say('{"action": "chat"}')
        socket.say("ä")
        socket.leave(code=4000, reason="done")
        await socket.end()
        assert socket.silent()

    run(main)
    # Each is an invocation of its own; the last ones do not wait for each other.
    joined, chat, plain, left = function.events
    assert function.types() == ["CONNECT", "MESSAGE", "MESSAGE", "DISCONNECT"]
    assert joined["queryStringParameters"] == {"room": "1"}
    assert joined["headers"]["X-Forwarded-Proto"] == "http"
    assert [event["requestContext"]["routeKey"] for event in function.events] == [
        "$connect",
        "chat",
        "$default",
        "$disconnect",
    ]
    assert (chat["body"], plain["body"]) == ('{"action": "chat"}', "ä")
    assert left["requestContext"]["disconnectStatusCode"] == 4000
    assert left["requestContext"]["disconnectReason"] == "done"
    authorizer = {"principalId": "user", "tenant": "x", "integrationLatency": 0}
    for event in function.events:
        context = event["requestContext"]
        assert context["connectionId"] == joined["requestContext"]["connectionId"]
        assert (context["stage"], context["authorizer"]) == ("dev", authorizer)


def test_behind_a_base_path() -> None:
    function = Function()
    app = gateway(function, base_path="/chat")

    async def main() -> None:
        socket = Socket(app, "/chat/")
        assert await socket.next() == ACCEPTED
        socket.leave(code=1000)
        await socket.end()

    run(main)
    assert function.events[0]["requestContext"]["domainName"] == "api.example.com"


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"code": 1000, "reason": ""}, (1000, "")),
        ({"code": 1001}, (1001, "Going away")),
        ({"code": 1005, "reason": ""}, (1005, "Client-side close frame status not set")),
        ({"code": 1005}, (1006, "")),
        ({}, (1006, "")),
        ({"code": 1006}, (1006, "")),
        ({"code": 1012}, (1001, "Going away")),
    ],
    ids=str,
)
def test_codes_of_an_end(sent: dict[str, Any], told: tuple[int, str]) -> None:
    function = Function()

    async def main() -> None:
        socket = Socket(gateway(function))
        await socket.next()
        socket.leave(**sent)
        await socket.end()

    run(main)
    context = function.events[-1]["requestContext"]
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == told


def test_subprotocol_and_headers() -> None:
    headers = {"Sec-WebSocket-Protocol": "chat", "Set-Cookie": "a=1", "Sec-WebSocket-Accept": "x"}
    answer = {"statusCode": 204, "headers": {**headers, "Date": "x"}, "body": "not sent"}

    async def main() -> None:
        socket = Socket(gateway(Function(CONNECT=returns_this(answer))))
        assert await socket.next() == {
            "type": "websocket.accept",
            "subprotocol": "chat",
            "headers": [(b"set-cookie", b"a=1")],
        }
        socket.leave(code=1000)
        await socket.end()

    run(main)


def returns_this(answer: Any) -> Callable[[Any], Any]:
    return lambda event: answer


async def refusal(socket: Socket) -> tuple[int, dict[str, str], bytes]:
    start, body = await socket.next(), await socket.next()
    assert start["type"] == "websocket.http.response.start"
    assert body["type"] == "websocket.http.response.body"
    await socket.end()
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, body["body"]


@pytest.mark.parametrize("status", [300, 401, 501])
def test_handshake_that_the_function_refuses(status: int) -> None:
    function = Function(
        CONNECT=returns_this({"statusCode": status, "headers": {"x-own": "1"}, "body": "no"})
    )

    async def main() -> None:
        found = await refusal(Socket(gateway(function)))
        assert (found[0], found[1]["x-own"], found[2]) == (status, "1", b"no")

    run(main)
    assert function.types() == ["CONNECT"]


def test_server_that_cannot_refuse_with_an_answer() -> None:
    async def main() -> None:
        for extensions in (None, "other"):
            function = Function(CONNECT=returns_this({"statusCode": 401}))
            socket = Socket(gateway(function), extensions=extensions)
            assert await socket.next() == {"type": "websocket.close"}
            await socket.end()

    run(main)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (fails, "the function raised ValueError"),
        (returns_this(None), "expected an object, got null"),
        (returns_this({"statusCode": "x"}), "statusCode: expected an integer"),
    ],
)
def test_handshake_for_which_the_function_fails(
    answer: Any, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    function = Function(CONNECT=answer)

    async def main() -> None:
        status, headers, body = await refusal(Socket(gateway(function)))
        context = function.events[0]["requestContext"]
        assert status == 502
        # Servers write the length themselves.
        assert headers == {"content-type": "application/json"}
        assert body.decode() == (
            '{"message": "Internal server error", '
            f'"connectionId":"{context["connectionId"]}", "requestId":"{context["requestId"]}"}}'
        )

    run(main)
    assert function.types() == ["CONNECT"]
    [record] = [each for each in own(caplog) if "front door" in each.message]
    assert record.levelno == logging.ERROR
    assert record.message.startswith(f"The front door answers 502 to CONNECT: {why}")


@pytest.mark.parametrize("path", ["/", "/dev", "/prodigy", "/prod/x"])
def test_sockets_elsewhere(path: str) -> None:
    function = Function()

    async def main() -> None:
        found = await refusal(Socket(gateway(function), path))
        assert found[0] == 403
        assert json.loads(found[2]) == {"message": "Forbidden"}

    run(main)
    assert function.events == []


@pytest.mark.parametrize("answer", [fails, returns_this("text")], ids=["raised", "malformed"])
def test_message_for_which_the_function_fails(answer: Any) -> None:
    function = Function(MESSAGE=answer)

    async def main() -> None:
        socket = Socket(gateway(function))
        await socket.next()
        socket.say("x")
        sent = await socket.next()
        context = function.events[1]["requestContext"]
        assert json.loads(sent["text"]) == {
            "message": "Internal server error",
            "connectionId": context["connectionId"],
            "requestId": context["requestId"],
        }
        assert sent["text"].startswith('{"message": "Internal server error", "connectionId":"')
        socket.leave(code=1000)
        await socket.end()

    run(main)


def test_status_of_an_answer_to_a_message_is_of_no_account() -> None:
    async def main() -> None:
        socket = Socket(gateway(Function(MESSAGE=returns_this({"statusCode": 500, "body": "x"}))))
        await socket.next()
        socket.say("x")
        socket.leave(code=1000)
        await socket.end()
        assert socket.silent()

    run(main)


def test_end_for_which_the_function_fails(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        socket = Socket(gateway(Function(DISCONNECT=fails)))
        await socket.next()
        socket.leave(code=1000)
        await socket.end()
        assert socket.silent()

    run(main)
    assert any("answers 502 to DISCONNECT" in record.message for record in own(caplog))


class Waiting(Recorder):
    """Tells when the answer to a message is there."""

    def __init__(self) -> None:
        super().__init__()
        self.message = asyncio.Event()

    def answered(self, exchange: Exchange) -> None:
        if exchange.request.method == "MESSAGE":
            self.message.set()


def test_error_for_a_client_that_cannot_be_reached() -> None:
    """The server raises, since it knows already that the client left."""
    sockets: list[Socket] = []

    def breaks(event: Any) -> Any:
        sockets[0].broken = OSError()
        raise ValueError

    async def main() -> None:
        waiting = Waiting()
        socket = Socket(gateway(Function(MESSAGE=breaks), observers=[waiting]))
        sockets.append(socket)
        await socket.next()
        socket.say("x")
        await waiting.message.wait()
        socket.leave(code=1006)
        await socket.end()
        assert socket.silent()

    run(main)


def test_client_that_leaves_before_it_is_accepted() -> None:
    function = Function()

    async def main() -> None:
        socket = Socket(gateway(function))
        socket.broken = OSError()
        socket.leave(code=1006)
        await socket.end()

    run(main)
    assert function.types() == ["CONNECT", "DISCONNECT"]


def test_binary_message() -> None:
    function = Function()

    async def main() -> None:
        socket = Socket(gateway(function))
        await socket.next()
        socket.say_bytes(b"x")
        assert await socket.next() == {"type": "websocket.close", "code": 1003, "reason": ""}
        socket.say("not heard any more")
        socket.leave(code=1006)
        await socket.end()

    run(main)
    assert function.types() == ["CONNECT", "DISCONNECT"]
    assert function.events[1]["requestContext"]["disconnectStatusCode"] == 1003


def test_message_that_is_too_large() -> None:
    function = Function()

    async def main() -> None:
        socket = Socket(gateway(function))
        await socket.next()
        socket.say("x" * MESSAGE)
        socket.say("ä" * (MESSAGE // 2) + "x")
        assert await socket.next() == {"type": "websocket.close", "code": 1009, "reason": ""}
        socket.leave(code=1006)
        await socket.end()

    run(main)
    assert sorted(function.types()) == ["CONNECT", "DISCONNECT", "MESSAGE"]


def test_idle_socket() -> None:
    function, clock = Function(), StillClock()

    async def main() -> None:
        app = gateway(function)
        assert app.sockets is not None
        app.sockets.clock = clock
        socket = Socket(app)
        await socket.next()
        await anyio.wait_all_tasks_blocked()
        clock.move(599)
        socket.say("still here")
        await anyio.wait_all_tasks_blocked()
        clock.move(599)
        await anyio.wait_all_tasks_blocked()
        assert socket.silent()
        clock.move(1)
        assert await socket.next() == {
            "type": "websocket.close",
            "code": 1001,
            "reason": "Going away",
        }
        socket.leave(code=1001, reason="")
        await socket.end()

    run(main)
    context = function.events[-1]["requestContext"]
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (1001, "Going away")
    assert context["connectedAt"] == 1_700_000_000_250


def test_messages_begin_in_order_and_overlap() -> None:
    began: list[str] = []
    done = asyncio.Event()

    class Environment:
        """Several environments, in which invocations may wait for each other."""

        handler = staticmethod(returns(OK))

        async def startup(self) -> None: ...

        async def shutdown(self) -> None: ...

        async def invoke(self, event: Any, request_id: str, sink: object = None) -> Any:
            if event["requestContext"]["eventType"] == "MESSAGE":
                began.append(event["body"])
                if len(began) == 5:
                    done.set()
                await done.wait()
            return OK

    async def main() -> None:
        app = gateway()
        app.function = Environment()
        socket = Socket(app)
        await socket.next()
        for number in range(5):
            socket.say(str(number))
        socket.leave(code=1000)
        await socket.end()

    run(main)
    assert began == ["0", "1", "2", "3", "4"]


def test_function_that_takes_longer_than_the_gateway_waits() -> None:
    go = threading.Event()

    def blocks(event: Any) -> Any:
        go.wait(SECONDS)
        return OK

    async def main() -> None:
        app = gateway(Function(CONNECT=blocks), integration_timeout=0.01)
        status, _, body = await refusal(Socket(app))
        assert status == 504
        assert json.loads(body)["message"] == "Endpoint request timed out"
        assert app.sockets is not None
        [late] = app.sockets._late
        go.set()
        await late

    run(main)


def test_connections_over_http(caplog: pytest.LogCaptureFixture) -> None:
    function = Function()

    async def main() -> None:
        app = gateway(function)
        socket = Socket(app)
        await socket.next()
        name = function.events[0]["requestContext"]["connectionId"]
        path = f"/prod/@connections/{name}"
        async with connect(app) as client:
            client.headers = httpx.Headers(SIGNED)

            async def halves() -> Any:
                yield b"hel"
                yield b"lo"

            posted = await client.post(path, content=halves())
            assert (posted.status_code, posted.content) == (200, b"")
            assert await socket.next() == {"type": "websocket.send", "text": "hello"}
            large = await client.post(path, content=b"x" * (MESSAGE + 1))
            assert large.status_code == 413
            found = (await client.get(path)).json()
            assert found["identity"] == {"sourceIp": "127.0.0.1", "userAgent": "tests"}
            assert (await client.delete(path)).status_code == 204
            closed = await socket.next()
            assert (closed["type"], closed["code"]) == ("websocket.close", 1000)
            socket.leave(code=1000)
            await socket.end()
            assert (await client.get(path)).status_code == 410
            assert (await client.get("/prod")).status_code == 426
            assert (await client.get("/")).json() == {"message": "Forbidden"}

    run(main)
    context = function.events[-1]["requestContext"]
    assert context["disconnectReason"] == "Connection Closed Normally"
    warned = [record.message for record in own(caplog)]
    assert warned[1:] == [
        f"GET /prod/@connections/{context['connectionId']} -> 410",
        "GET /prod -> 426",
        "GET / -> 403",
    ]


def test_nothing_reaches_a_client_before_it_is_accepted() -> None:
    asked: list[int] = []
    called, go = threading.Event(), threading.Event()
    names: list[str] = []

    def blocks(event: Any) -> Any:
        names.append(event["requestContext"]["connectionId"])
        called.set()
        go.wait(SECONDS)
        return OK

    async def main() -> None:
        app = gateway(Function(CONNECT=blocks))
        socket = Socket(app)
        await asyncio.to_thread(called.wait, SECONDS)
        async with connect(app) as client:
            for method in ("POST", "GET", "DELETE"):
                response = await client.request(
                    method, f"/prod/@connections/{names[0]}", headers=SIGNED
                )
                asked.append(response.status_code)
        go.set()
        assert await socket.next() == ACCEPTED
        socket.leave(code=1000)
        await socket.end()

    run(main)
    assert asked == [410, 410, 410]


def test_observers_and_lines() -> None:
    recorder, lines = Recorder(), list[str]()
    app = gateway(Function(MESSAGE=fails), observers=[recorder, Report(lines.append)])

    async def main() -> None:
        socket = Socket(app, "/prod?a=b")
        await socket.next()
        socket.say("x")
        await socket.next()
        socket.leave(code=1000)
        await socket.end()

    run(main)
    assert recorder.told == ["arrived", "invoked", "returned", "answered"] * 3
    first, second, third = recorder.exchanges
    assert first.event is not None
    name = first.event["requestContext"]["connectionId"]
    assert [line for line in lines if line.startswith("websocket-api")] == [
        "websocket-api CONNECT /prod?a=b -> 101, 0 bytes",
        f"websocket-api MESSAGE {name} $default -> 502, 103 bytes",
        f"websocket-api DISCONNECT {name} 1000 -> 200, 0 bytes",
    ]
    assert (first.reason, second.reason) == ("", "the function raised ValueError")
    assert isinstance(second.error, ValueError)
    assert third.response == OK


def test_inspector_shows_them_and_repeats_none() -> None:
    inspected = Inspector(gateway())

    async def main() -> None:
        socket = Socket(inspected)
        await socket.next()
        socket.say("hello")
        socket.leave(code=1000)
        await socket.end()
        exchanges: list[Exchange] = list(inspected._exchanges.values())
        assert [each.request.method for each in exchanges] == ["CONNECT", "MESSAGE", "DISCONNECT"]
        path = f"/_lambda/exchanges/{exchanges[1].id}"
        async with connect(inspected) as client:
            shown = (await client.get(path)).json()
            assert shown["http_in"]["body"]["text"] == "hello"
            assert shown["event"]["body"] == "hello"
            assert shown["response"] == OK
            assert shown["http_out"]["line"] == "200 OK"
            repeated = await client.post(f"{path}/replay", json={})
            assert repeated.status_code == 400
            assert repeated.text.startswith("source: expected a request, got what happened")

    run(main)


def test_other_front_doors_refuse_sockets() -> None:
    async def main() -> None:
        socket = Socket(Gateway(returns(OK)))
        assert await socket.next() == {"type": "websocket.close"}
        await socket.end()

    run(main)


@pytest.mark.parametrize("settings", [{"routes": ["chat"]}, {"route_selection_expression": "x"}])
def test_routes_of_other_front_doors(settings: Any) -> None:
    with pytest.raises(ConfigurationError, match="routes: expected the source websocket-api"):
        Gateway(returns(OK), "rest-api", **settings)


def test_selection_that_is_none() -> None:
    with pytest.raises(ConfigurationError, match="route_selection_expression: expected one as"):
        gateway(route_selection_expression="action")


def test_claims_are_of_http() -> None:
    with pytest.raises(ConfigurationError, match="claims: expected one of"):
        gateway(claims={"sub": "alice"})


def test_client_for_http_has_no_sockets() -> None:
    with pytest.raises(ConfigurationError, match="source: expected one for HTTP"):
        http_client(returns(OK), set_up("websocket-api", {}))
    with pytest.raises(ConfigurationError, match="source: expected one for HTTP"):
        build("websocket-api", Request("GET", "/"))


def test_throttled_function(caplog: pytest.LogCaptureFixture) -> None:
    app = gateway(Function(), throttle=0.001)

    async def main() -> None:
        socket = Socket(app)
        assert await socket.next() == ACCEPTED
        socket.say("x")
        answer = await socket.next()
        assert json.loads(answer["text"])["message"] == "Internal server error"
        socket.leave(code=1000)
        await socket.end()

    run(main)
    assert "the function raised Throttled" in caplog.text
