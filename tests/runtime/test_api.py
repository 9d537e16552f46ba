"""The question for the next invocation ahead of a result, and where results leave then."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from asgi_lambda.runtime.api import Invocation, RuntimeAPI
from asgi_lambda.runtime.connection import ConnectionLost
from asgi_lambda.runtime.results import Results
from asgi_lambda.runtime.settings import Settings
from tests.runtime.clients import start
from tests.runtime.double import NEXT, Behaviour, Double
from tests.runtime.events import request
from tests.runtime.serving import serving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.runtime.clients import Client
    from tests.runtime.serving import Serve

TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
HANDLERS = ["web.handler", "functions.echo"]


def questions_before_it_is_taken(client: Client, path: str) -> int:
    """How many there are while the result of one more request is under way; then it is taken."""
    go_on = threading.Event()
    client.api.behaviours["response"].append(Behaviour(go_on=go_on))
    client.api.give(request(path), "held")
    client.api.wait(lambda each: each.what.endswith("/held/response"))
    time.sleep(0.2)  # in which another one would come
    questions = client.api.whats().count(NEXT)
    go_on.set()
    client.api.answer("held")
    return questions


@pytest.mark.parametrize("handler", HANDLERS)
def test_the_next_one_is_asked_for_and_served_before_a_result_is_taken(handler: str) -> None:
    go_on = threading.Event()
    with start(handler, AWS_LAMBDA_MAX_CONCURRENCY="1") as client:
        client.api.behaviours["response"].append(Behaviour(go_on=go_on))
        client.api.give(request("/answer/x"), "slow")
        client.api.invoke(request("/answer/y"), "two")
        client.api.invoke(request("/answer/z"), "three")
        go_on.set()
        client.api.answer("slow")

    slow, two, three = (
        next(each for each in client.api.requests if f"/{name}/" in each.what)
        for name in ("slow", "two", "three")
    )
    questions = [each for each in client.api.requests if each.what == NEXT]
    # Of the extension, of the questions, of the result that takes long, and of those beside it.
    assert len(client.api.connections) == 4
    assert len({each.connection for each in questions}) == 1
    assert slow.connection != two.connection == three.connection
    assert slow.whole_at is not None
    assert three.whole_at is not None
    assert three.whole_at < slow.whole_at


@pytest.mark.parametrize("handler", HANDLERS)
def test_without_it_a_result_is_taken_first(handler: str) -> None:
    variables = {"AWS_LAMBDA_MAX_CONCURRENCY": "1", "ASGI_LAMBDA_PIPELINE": "0"}
    with start(handler, **variables) as client:
        assert questions_before_it_is_taken(client, "/answer/x") == 1
        client.api.wait_for(NEXT, 2)

    assert len(client.api.connections) == 2  # of the invocations, and of the extension


def test_what_may_be_too_large_is_taken_first() -> None:
    with start("web.handler", AWS_LAMBDA_MAX_CONCURRENCY="1") as client:
        assert questions_before_it_is_taken(client, "/bytes/4300000") == 1
        client.api.wait_for(NEXT, 2)


@pytest.mark.parametrize(
    ("variables", "pipelines"),
    [
        ({}, False),
        ({"AWS_LAMBDA_MAX_CONCURRENCY": "8"}, True),
        ({"AWS_LAMBDA_MAX_CONCURRENCY": "8", "ASGI_LAMBDA_PIPELINE": "0"}, False),
        ({"ASGI_LAMBDA_PIPELINE": "1"}, False),
    ],
)
def test_where_it_is_done(
    variables: dict[str, str], pipelines: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "ASGI_LAMBDA_"))]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert Settings().pipelines is pipelines


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("status", [202, 400, 410])
def test_after_one_that_is_refused_the_next_results_are_taken_first(
    handler: str, status: int
) -> None:
    with start(handler, AWS_LAMBDA_MAX_CONCURRENCY="1") as client:
        client.api.behaviours["response"] += [Behaviour(status, b"no"), Behaviour()]
        for number in range(2):
            client.api.invoke(request("/answer/x"), str(number))
        questions = questions_before_it_is_taken(client, "/answer/x")
        client.api.wait_for(NEXT, 4)

    assert questions == (4 if status == 202 else 3)
    assert ("(request 0)" in client.log) == (status != 202)


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_connection_that_is_lost_with_a_result_leaves_the_next_ones_alone(handler: str) -> None:
    with start(handler, AWS_LAMBDA_MAX_CONCURRENCY="1") as client:
        client.api.behaviours["response"].append(Behaviour(cut=0))
        for identifier in ("lost", "fine"):
            client.api.invoke(request("/answer/x"), identifier)
        client.wait_for_log("The result of an invocation was not taken")

    assert "(request lost)" in client.log
    assert "(request fine)" not in client.log


def test_a_question_that_is_refused_is_the_last_one_ahead() -> None:
    with start("web.handler", AWS_LAMBDA_MAX_CONCURRENCY="1") as client:
        client.api.wait_for(NEXT)
        client.api.behaviours["next"].append(Behaviour(500, b"too many"))
        client.api.invoke(request("/answer/x"), "one")
        client.api.wait_for(NEXT, 3)
        assert questions_before_it_is_taken(client, "/answer/x") == 3
        client.api.wait_for(NEXT, 4)

    assert "answered /next with 500: too many" in client.log


def test_results_under_way_are_taken_before_the_end() -> None:
    go_on = threading.Event()
    with start("web.handler", AWS_LAMBDA_MAX_CONCURRENCY="1") as client:
        client.api.behaviours["response"].append(Behaviour(go_on=go_on))
        client.api.give(request("/answer/x"))
        client.api.wait_for(NEXT, 2)
        client.process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        go_on.set()
        answer = client.api.answer()

        assert client.wait_for_end() == 0
    assert answer.content["body"] == "x"


def test_background_work_is_done_before() -> None:
    with start("web.handler", AWS_LAMBDA_MAX_CONCURRENCY="1") as client:
        received = client.api.invoke(request("/background/0.3"))
        following = client.api.wait_for(NEXT, 2)

    assert received.whole_at is not None
    assert following.at - received.whole_at > 0.25


# By plain calls


@pytest.mark.parametrize(
    ("status", "closes", "goes_on", "asked"),
    [
        (202, False, [True, True], True),
        (400, False, [True, True], False),
        (202, True, [True, True], False),
        (202, False, [True, False], False),
        (202, False, [False], False),
    ],
    ids=["taken", "refused", "closed", "ended", "ends"],
)
def test_in_turn_it_is_asked_as_soon_as_the_reply_is_read(
    status: int, closes: bool, goes_on: list[bool], asked: bool
) -> None:
    async def main() -> None:
        api = RuntimeAPI(double.address, goes_on=iter(goes_on).__next__)
        reply = await api.respond(Invocation({}, b""), b"{}", last=True)
        assert not api.has_asked
        assert (await reply).status == status
        assert api.has_asked == asked
        if asked:
            double.give({})
            assert (await api.next()).request_id == "one"
        api.close()

    with Double() as double:
        double.closes = closes
        double.behaviours["response"].append(Behaviour(status))
        asyncio.run(main())


def test_without_a_connection_or_a_result_nothing_is_asked() -> None:
    async def main() -> None:
        results = Results(double.address)
        api = RuntimeAPI(double.address, results=results)
        api.ask(2)
        assert not api.has_asked
        await api.call("GET", "/anything")
        api.ask(6_000_000)
        await api.call("GET", "/anything")
        assert not api.has_asked
        assert api._connection is not None
        api._connection.close()
        api.ask(2)
        assert not api.has_asked
        assert (await (await api.respond(Invocation({}, b""), b"{}", last=True))).status == 202
        assert not api.has_asked
        await results.close()

    with Double() as double:
        asyncio.run(main())


def converse(serve: Serve, client: Callable[[Results], Awaitable[Any]]) -> int:
    """How many connections it takes."""
    count = 0

    async def counted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        await serve(reader, writer)

    async def main() -> None:
        async with serving(counted) as port:
            results = Results(f"127.0.0.1:{port}")
            async with asyncio.timeout(10):
                await client(results)
                await results.close()

    asyncio.run(main())
    return count


async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while (await reader.read(1)) != b"":
        writer.write(TAKEN)


def test_a_connection_is_kept_for_the_next_result() -> None:
    async def client(results: Results) -> None:
        for _ in range(3):
            assert (await (await results.send(b"x"))).status == 202

    assert converse(take, client) == 1


def test_results_at_once_have_a_connection_each() -> None:
    async def client(results: Results) -> None:
        replies = [await results.send(b"x") for _ in range(3)]
        await results.close()
        assert all(each.done() for each in replies)

    assert converse(take, client) == 3


def test_who_waits_for_a_connection_takes_one_that_is_free_before() -> None:
    async def client(results: Results) -> None:
        async def send() -> None:
            await (await results.send(b"x"))

        await asyncio.gather(*(send() for _ in range(32)))

    assert converse(take, client) < 32


def test_a_connection_that_was_lost_is_replaced() -> None:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(TAKEN)
        await writer.drain()

    async def client(results: Results) -> None:
        for _ in range(2):
            await (await results.send(b"x"))
            while results._idle[-1].lost is None:  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0)

    assert converse(once, client) == 2


def test_a_result_whose_connection_is_lost_is_not_waited_for() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async def client(results: Results) -> None:
        reply = await results.send(b"x")
        await results.close()
        with pytest.raises(ConnectionLost):
            await reply

    assert converse(cut, client) == 1
