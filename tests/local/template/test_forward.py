"""Requests passed on to a socket: a process that answers, that leaves, and clients that leave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import h11
import pytest

from asgi_lambda.local.template.forward import ProcessGone, _Exchange, forward

PASSED: Any = {"client": ["127.0.0.1", 1], "server": None, "scheme": "http", "door": "x"}
ANSWER = b"HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\nx-a: 1\r\n\r\n3\r\nabc\r\n"
END = b"0\r\n\r\n"


class Client:
    """What a server tells an application of its client, and hears for it."""

    def __init__(self, *bodies: bytes) -> None:
        self.sent: list[dict[str, Any]] = []
        self.left = asyncio.Event()
        self.answered = asyncio.Event()
        self._bodies = list(bodies)

    def scope(self, *headers: tuple[bytes, bytes], **others: Any) -> Any:
        own = [(b"host", b"x"), (b"transfer-encoding", b"chunked"), *headers]
        scope = {"method": "POST", "path": "/a", "raw_path": b"/%61", "query_string": b"b=c"}
        return {**scope, "headers": own, **others}

    async def receive(self) -> Any:
        if self._bodies:
            body = self._bodies.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(self._bodies)}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)
        self.answered.set()


@asynccontextmanager
async def process(folder: Path, answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A socket where a request, up to its end, is answered; what was asked is in the list."""
    asked: list[bytes] = []

    finished = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(END))
        writer.write(answer)
        if answer.endswith(END) or b"stay" in asked[0]:
            asked.append(await reader.read())
        writer.close()
        finished.set()

    path = str(folder / "socket")
    server = await asyncio.start_unix_server(serve, path)
    try:
        yield path, asked
        await finished.wait()
    finally:
        server.close()


def run(main: Callable[[], Any]) -> None:
    anyio.run(main)


def test_request_and_answer(tmp_path: Path) -> None:
    async def main() -> None:
        client = Client(b"de", b"f")
        headers = [(b"expect", b"100-continue"), (b"x-asgi-lambda-passed", b"forged")]
        async with process(tmp_path, ANSWER + END) as (path, asked):
            await forward(path, PASSED, client.scope(*headers), client.receive, client.send)
        assert asked[0].startswith(b"POST /%61?b=c HTTP/1.1\r\n")
        assert asked[0].endswith(b"\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n")
        assert b"forged" not in asked[0]
        assert b"expect" not in asked[0]
        assert json.dumps(PASSED).encode() in asked[0]
        assert client.sent == [
            {"type": "http.response.start", "status": 201, "headers": [(b"x-a", b"1")]},
            {"type": "http.response.body", "body": b"abc", "more_body": True},
            {"type": "http.response.body", "body": b""},
        ]

    run(main)


def test_server_that_tells_no_raw_path(tmp_path: Path) -> None:
    async def main() -> None:
        client = Client(b"")
        scope = client.scope(raw_path=None, query_string=b"")
        async with process(tmp_path, ANSWER + END) as (path, asked):
            await forward(path, PASSED, scope, client.receive, client.send)
        assert asked[0].startswith(b"POST /a HTTP/1.1\r\n")

    run(main)


def test_nobody_at_the_socket(tmp_path: Path) -> None:
    async def main() -> None:
        client = Client(b"")
        with pytest.raises(ProcessGone):
            await forward(
                str(tmp_path / "none"), PASSED, client.scope(), client.receive, client.send
            )

    run(main)


def test_process_that_ends_without_an_answer(tmp_path: Path) -> None:
    async def main() -> None:
        client = Client(b"")
        async with process(tmp_path, b"") as (path, _):
            with pytest.raises(ProcessGone, match="while it had the request"):
                await forward(path, PASSED, client.scope(), client.receive, client.send)

    run(main)


def test_process_that_ends_in_its_answer(tmp_path: Path) -> None:
    async def main() -> None:
        client = Client(b"")
        async with process(tmp_path, ANSWER) as (path, _):
            await forward(path, PASSED, client.scope(), client.receive, client.send)
        # A server that gets no end closes the connection.
        assert client.sent[-1]["more_body"] is True

    run(main)


def test_client_that_leaves(tmp_path: Path) -> None:
    async def main() -> None:
        client = Client(b"stay")
        async with process(tmp_path, ANSWER) as (path, asked), anyio.create_task_group() as group:
            scope = client.scope()
            group.start_soon(forward, path, PASSED, scope, client.receive, client.send)
            await client.answered.wait()
            client.left.set()
        # The end of its connection came.
        assert asked[1:] == [b""]

    run(main)


class Broken:
    """Either side of a connection that was reset."""

    def __init__(self) -> None:
        self.closed = False

    async def read(self, count: int) -> bytes:
        raise ConnectionResetError

    async def drain(self) -> None:
        raise ConnectionResetError

    def write(self, data: bytes) -> None:
        """Nothing is told of it yet."""

    def close(self) -> None:
        self.closed = True


def test_connection_that_is_reset() -> None:
    async def main() -> None:
        broken: Any = Broken()
        client = Client(b"a", b"b")
        exchange = _Exchange(broken, broken)
        headers = [(b"host", b"x"), (b"transfer-encoding", b"chunked")]
        exchange.ask(h11.Request(method="POST", target="/", headers=headers))
        await exchange.pass_body(client.receive)
        # An answer may have come before.
        assert not broken.closed
        with pytest.raises(ProcessGone):
            await exchange.answer(client.send)

    run(main)
