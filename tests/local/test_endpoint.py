"""Requests in any pieces, and what is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from asgi_lambda.local.endpoint import Asked, Endpoint

CHUNKED = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n"


def talk(answer: Callable[[Asked], Awaitable[Any]], *parts: bytes) -> bytes:
    """Everything that comes back for what is sent, up to the end of the connection."""

    async def main() -> bytes:
        endpoint = Endpoint(answer)
        await endpoint.open()
        host, port = endpoint.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        for part in parts:
            writer.write(part)
            await writer.drain()
        writer.write_eof()
        with anyio.fail_after(30):
            found = await reader.read()
        writer.close()
        await writer.wait_closed()
        await endpoint.close()
        return found

    return anyio.run(main)


async def echo(asked: Asked) -> Any:
    body = await asked.body()
    return 200, {"X": f"{asked.method} {asked.path} {asked.headers.get('y')}"}, body


def test_requests_on_one_connection() -> None:
    first = b"POST /a HTTP/1.1\r\nY:  z \r\nContent-Length: 4\r\n\r\n"
    found = talk(echo, first, b"fo", b"ur", b"GET /b HTTP/1.1\r\n\r\n")
    assert found == (
        b"HTTP/1.1 200 \r\nX: POST /a z\r\nContent-Length: 4\r\n\r\nfour"
        b"HTTP/1.1 200 \r\nX: GET /b None\r\nContent-Length: 0\r\n\r\n"
    )


def test_chunks_and_trailers() -> None:
    parts: list[bytes] = []

    async def answer(asked: Asked) -> Any:
        parts.extend([part async for part in asked.parts()])
        return 202, {}, asked.trailers["x"].encode()

    found = talk(answer, CHUNKED, b"4\r\nfour\r\na\r\n0123", b"456789\r\n0\r\nX: y\r\n\r\n")
    assert parts == [b"four", b"0123456789"]
    assert found == b"HTTP/1.1 202 \r\nContent-Length: 1\r\n\r\ny"


def test_body_that_is_not_read_ends_the_connection() -> None:
    async def answer(asked: Asked) -> Any:
        async for _ in asked.parts():
            break
        return 413, {}, b""

    found = talk(answer, CHUNKED + b"4\r\nfour\r\n")
    assert found == b"HTTP/1.1 413 \r\nContent-Length: 0\r\n\r\n"


def test_client_that_leaves_within_a_request() -> None:
    assert talk(echo, CHUNKED, b"4\r\nfo") == b""


def test_close_ends_what_is_under_way() -> None:
    async def wait(asked: Asked) -> Any:
        asks.set()
        await asyncio.Event().wait()
        raise AssertionError

    asks = anyio.Event()

    async def main() -> None:
        endpoint = Endpoint(wait)
        await endpoint.open()
        host, port = endpoint.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await asks.wait()
        await endpoint.close()
        with anyio.fail_after(30):
            assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()

    anyio.run(main)
