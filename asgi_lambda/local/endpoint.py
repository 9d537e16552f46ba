"""HTTP/1.1 on loopback, as far as a runtime client needs it to call its Runtime API.

Knows no Lambda. Source: RFC 9112.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    # Status, headers and body.
    Reply = tuple[int, Mapping[str, str], bytes]

# Bytes of a line, and of what is read ahead of a body.
_LIMIT: Final = 65_536


class Asked:
    """A request; headers and trailers by their names in lower case. whole: its body was read."""

    __slots__ = ("_reader", "headers", "method", "path", "trailers", "whole")

    def __init__(
        self, method: str, path: str, headers: Mapping[str, str], reader: asyncio.StreamReader
    ) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.trailers: Mapping[str, str] = {}
        self.whole = False
        self._reader = reader

    async def parts(self) -> AsyncIterator[bytes]:
        """The body as it comes; then the trailers are there. Raises IncompleteReadError."""
        reader = self._reader
        if self.headers.get("transfer-encoding") != "chunked":
            part = await reader.readexactly(int(self.headers.get("content-length", "0")))
            self.whole = True
            yield part
            return
        while size := int(await reader.readuntil(b"\r\n"), 16):
            yield await reader.readexactly(size)
            await reader.readexactly(2)
        self.trailers = await _fields(reader)
        self.whole = True

    async def body(self) -> bytes:
        """All of it. Raises IncompleteReadError."""
        return b"".join([part async for part in self.parts()])


class Endpoint:
    """A server on a port of its own.

    answer: gives the reply to a request, whose body it reads, or else the connection ends. address:
    host and port.
    """

    def __init__(self, answer: Callable[[Asked], Awaitable[Reply]]) -> None:
        self.address = ""
        self._answer = answer
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_LIMIT)
        host, port = self._server.sockets[0].getsockname()
        self.address = f"{host}:{port}"

    async def close(self) -> None:
        """Listen no more, and end what is under way."""
        self._server.close()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            whole = True
            while whole:
                line = await reader.readuntil(b"\r\n")
                method, path, _ = line.decode("latin-1").split(" ")
                asked = Asked(method, path, await _fields(reader), reader)
                status, fields, body = await self._answer(asked)
                fields = {**fields, "Content-Length": str(len(body))}
                lines = [f"{name}: {value}\r\n" for name, value in fields.items()]
                writer.write(f"HTTP/1.1 {status} \r\n{''.join(lines)}\r\n".encode() + body)
                await writer.drain()
                whole = asked.whole
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the process has closed the connection, or is gone
        finally:
            writer.close()


async def _fields(reader: asyncio.StreamReader) -> dict[str, str]:
    fields = {}
    while line := (await reader.readuntil(b"\r\n")).strip():
        name, _, value = line.decode("latin-1").partition(":")
        fields[name.lower()] = value.strip()
    return fields
