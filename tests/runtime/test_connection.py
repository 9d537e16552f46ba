"""A connection: replies in order, no wait that outlives it, and readers that hold writers back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from asgi_lambda.runtime.connection import Connection, ConnectionLost
from tests.runtime.serving import serving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.runtime.serving import Serve

REPLY = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


def converse(serve: Serve, client: Callable[[Connection], Awaitable[Any]]) -> Any:
    """What the client returns, with a server at the other end."""

    async def main() -> Any:
        async with serving(serve) as port:
            connection = await Connection.open(f"127.0.0.1:{port}")
            try:
                async with asyncio.timeout(10):
                    return await client(connection)
            finally:
                connection.close()

    return asyncio.run(main())


async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


def test_replies_come_in_the_order_of_the_requests() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(6)
        writer.write(REPLY.replace(b"202", b"200") + REPLY)
        await reader.read()

    async def client(connection: Connection) -> list[int]:
        first, second = connection.reply(), connection.reply()
        connection.send(b"one", b"two")
        return [(await second).status, (await first).status]

    assert converse(serve, client) == [202, 200]


def test_a_reply_that_nobody_waits_for_any_more_is_dropped() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(6)
        writer.write(REPLY.replace(b"202", b"200") + REPLY)
        await reader.read()

    async def client(connection: Connection) -> int:
        first, second = connection.reply(), connection.reply()
        first.cancel()
        connection.send(b"one", b"two")
        return (await second).status

    assert converse(serve, client) == 202


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the server closed it"),
        (b"garbage\r\n\r\n", "expected a status line"),
        (REPLY[:20], "ended within the head of a reply"),
    ],
)
def test_the_end_of_the_connection_ends_every_wait(data: bytes, reason: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(3)
        writer.write(data)
        writer.write_eof()
        await reader.read()

    async def client(connection: Connection) -> None:
        cancelled, waiting = connection.reply(), connection.reply()
        cancelled.cancel()
        connection.send(b"one")
        with pytest.raises(ConnectionLost, match=reason):
            await waiting
        with pytest.raises(ConnectionLost, match=reason):
            await connection.reply()
        with pytest.raises(ConnectionLost, match=reason):
            connection.send(b"two")
        with pytest.raises(ConnectionLost, match=reason):
            await connection.drain()

    converse(serve, client)


def test_a_reply_that_nobody_asked_for_is_an_error() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(REPLY)
        await reader.read()

    async def client(connection: Connection) -> None:
        lost = asyncio.Event()
        connection.on_loss = lost.set
        await lost.wait()
        with pytest.raises(ConnectionLost, match="nobody asked for"):
            connection.send(b"one")

    converse(serve, client)


def test_a_body_may_end_with_the_connection() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 X\r\n\r\nto the end")
        writer.write_eof()
        await reader.read()

    async def client(connection: Connection) -> bytes:
        return (await connection.reply()).body

    assert converse(serve, client) == b"to the end"


def test_who_closes_it_is_not_told_of_its_loss() -> None:
    async def client(connection: Connection) -> None:
        losses: list[None] = []
        connection.on_loss = lambda: losses.append(None)
        waiting = connection.reply()
        connection.close()
        with pytest.raises(ConnectionLost, match="was closed"):
            await waiting
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert losses == []

    converse(wait, client)


def test_a_reader_that_does_not_read_holds_the_writer_back() -> None:
    reads = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reads.wait()
        await reader.read()

    async def client(connection: Connection) -> None:
        written = 0

        async def write() -> None:
            nonlocal written
            while written < 500:
                connection.send(bytes(1_000_000))
                await connection.drain()
                written += 1

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(write(), 0.2)
        assert 0 < written < 100
        reads.set()
        await connection.drain()

    converse(serve, client)


def test_the_end_lets_a_writer_go_on() -> None:
    async def client(connection: Connection) -> None:
        connection.send(bytes(50_000_000))
        drained = asyncio.ensure_future(connection.drain())
        await asyncio.sleep(0)
        connection.close()
        with pytest.raises(ConnectionLost):
            await drained

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0)

    converse(serve, client)


def test_without_a_server_there_is_no_connection() -> None:
    with pytest.raises(ConnectionLost, match="no server at 127"):
        asyncio.run(Connection.open("127.0.0.1:1"))
