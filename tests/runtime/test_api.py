"""The question for the next invocation right behind a result, before that is taken."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from asgi_lambda.runtime.api import Invocation, RuntimeAPI
from asgi_lambda.runtime.logs import Log
from asgi_lambda.runtime.poller import Poller
from asgi_lambda.runtime.settings import Settings
from tests.runtime.clients import start
from tests.runtime.double import NEXT, Behaviour
from tests.runtime.events import request
from tests.runtime.serving import serving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
FOLLOWING = (
    b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: following\r\nContent-Length: 2\r\n\r\n{}"
)


def converse(
    client: Callable[[RuntimeAPI], Awaitable[Any]], *, asks_ahead: bool
) -> tuple[list[str], Any]:
    """The requests that came before any reply, and what the client returns."""
    early: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = b""
        for _ in range(2 if asks_ahead else 1):
            head = await reader.readuntil(b"\r\n\r\n")
            early.append(head.split(b" ")[0].decode())
            if b"Content-Length: " in head:
                length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
                data += await reader.readexactly(length)
        writer.write(TAKEN)
        if not asks_ahead:
            with suppress(asyncio.IncompleteReadError):  # a client may have enough
                await reader.readuntil(b"\r\n\r\n")
        writer.write(FOLLOWING)
        await reader.read()

    async def main() -> Any:
        async with serving(serve) as port:
            api = RuntimeAPI(f"127.0.0.1:{port}")
            api.asks_ahead = asks_ahead
            try:
                async with asyncio.timeout(10):
                    return await client(api)
            finally:
                api.close()

    return early, asyncio.run(main())


@pytest.mark.parametrize("asks_ahead", [True, False])
def test_it_is_there_before_the_result_is_taken(asks_ahead: bool) -> None:
    async def client(api: RuntimeAPI) -> str:
        reply = await api.respond(Invocation({}, b""), b"{}")
        api.ask_ahead(2)
        assert (await reply).status == 202
        return (await api.next()).request_id

    early, following = converse(client, asks_ahead=asks_ahead)

    assert early == (["POST", "GET"] if asks_ahead else ["POST"])
    assert following == "following"


def test_it_does_not_follow_what_may_be_too_large() -> None:
    async def client(api: RuntimeAPI) -> str:
        api.asks_ahead = True
        reply = await api.respond(Invocation({}, b""), b"{}")
        api.ask_ahead(6_000_000)
        await reply
        return (await api.next()).request_id

    assert converse(client, asks_ahead=False) == (["POST"], "following")


def test_without_a_connection_there_is_nothing_to_follow() -> None:
    async def client(api: RuntimeAPI) -> None:
        api.asks_ahead = True
        api.ask_ahead(2)
        reply = await api.respond(Invocation({}, b""), b"{}")
        assert api._connection is not None
        api._connection.close()
        api.ask_ahead(2)
        assert api._asked is None
        reply.cancel()

    converse(client, asks_ahead=False)


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


@pytest.mark.parametrize("status", [202, 400, 410])
def test_it_is_done_until_a_result_is_refused(status: int) -> None:
    async def client(api: RuntimeAPI) -> bool:
        poller = Poller(api, Log(), streams=False, patient=True)
        reply = await api.respond(Invocation({}, b""), b"{}")
        api.ask_ahead(2)
        taken = await reply
        taken.status = status
        await poller.settle(Invocation({}, b""), {}, taken)
        assert (await poller.next()).request_id == "following"
        return api.asks_ahead

    assert converse(client, asks_ahead=True) == (["POST", "GET"], status == 202)


@pytest.mark.parametrize("handler", ["web.handler", "functions.echo"])
@pytest.mark.parametrize("status", [400, 410])
def test_after_a_refusal_the_next_ones_are_served(handler: str, status: int) -> None:
    with start(handler, AWS_LAMBDA_MAX_CONCURRENCY="1") as client:
        client.api.behaviours["response"] += [Behaviour(), Behaviour(status, b"no")]
        for number in range(4):
            client.api.invoke(request("/answer/x"), str(number))
        client.api.wait_for(NEXT, 5)

    assert len(client.api.connections) == 2  # of the invocations, and of the extension


def test_background_work_is_done_before() -> None:
    with start("web.handler", AWS_LAMBDA_MAX_CONCURRENCY="1") as client:
        received = client.api.invoke(request("/background/0.3"))
        following = client.api.wait_for(NEXT, 2)

    assert received.whole_at is not None
    assert following.at - received.whole_at > 0.25
