"""An ASGI application of which each path sends, or ends, in another way."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import time
from pathlib import Path
from typing import Any

from asgi_lambda.runtime import context
from tests.emulator.apps.application import note

logger = logging.getLogger("web")

PIECE = b"x" * 65_536


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    path = scope["path"].removeprefix(scope["root_path"])
    name, _, argument = path[1:].partition("/")
    note(f"begins {scope['path']}")
    try:
        await globals()[f"do_{name}"](argument, scope, receive, send)
    except asyncio.CancelledError:
        note("cancelled")
        raise
    except OSError as error:
        note(f"OSError {error}")
        raise
    note(f"ends {scope['path']}")


async def _lifespan(receive: Any, send: Any) -> None:
    await receive()
    note("startup")
    await send({"type": "lifespan.startup.complete"})
    await receive()
    note("shutdown")
    await send({"type": "lifespan.shutdown.complete"})


async def begin(send: Any, status: int = 200, headers: Any = ()) -> None:
    headers = [(b"content-type", b"text/plain"), *headers]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def write(send: Any, body: bytes, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def do_answer(argument: str, scope: Any, receive: Any, send: Any) -> None:
    await begin(send)
    await write(send, argument.encode(), more=False)


async def do_chunks(argument: str, scope: Any, receive: Any, send: Any) -> None:
    """A number of chunks, each after a pause (s), and when each was handed over."""
    count, _, pause = argument.partition("/")
    await begin(send, headers=[(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")])
    for number in range(int(count)):
        await asyncio.sleep(float(pause))
        note(f"chunk {number}")
        await write(send, b"chunk %d" % number)
    await write(send, b"", more=False)


async def do_status(argument: str, scope: Any, receive: Any, send: Any) -> None:
    await begin(send, int(argument))
    await write(send, b"body", more=False)


async def do_megabytes(argument: str, scope: Any, receive: Any, send: Any) -> None:
    """So many of them, and how much memory (KiB) that took at most."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await begin(send)
    for number in range(int(argument) * 16):
        await write(send, PIECE)
        if number % 16 == 0:
            note(f"sent {number // 16}")
    await write(send, b"", more=False)
    note(f"growth {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before}")


async def do_bytes(argument: str, scope: Any, receive: Any, send: Any) -> None:
    """So many bytes that are no text."""
    await begin(send, headers=[(b"content-type", b"application/octet-stream")])
    await write(send, b"\xff" * int(argument), more=False)


async def do_file(argument: str, scope: Any, receive: Any, send: Any) -> None:
    if "http.response.pathsend" not in scope["extensions"]:
        await do_answer("no such extension", scope, receive, send)
        return
    await begin(send)
    await send({"type": "http.response.pathsend", "path": os.environ["FILE"]})


async def do_raise(argument: str, scope: Any, receive: Any, send: Any) -> None:
    if argument != "first":
        await begin(send)
        await write(send, b"part", more=argument != "last")
    raise LookupError("the application has a fault")


async def do_half(argument: str, scope: Any, receive: Any, send: Any) -> None:
    await begin(send)
    await write(send, b"half")


async def do_hang(argument: str, scope: Any, receive: Any, send: Any) -> None:
    """Hang before the response, within it, or after it; or there, but look for a disconnect."""
    if argument != "first":
        await begin(send)
        await write(send, b"part", more=argument != "last")
    if argument == "watching":
        await receive()
        note((await receive())["type"])
        await write(send, b"into the void")
    if argument == "stubborn":
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                note("cancelled in vain")
    await asyncio.Event().wait()


async def do_block(argument: str, scope: Any, receive: Any, send: Any) -> None:
    time.sleep(20)  # noqa: ASYNC251 - this is the mistake that the test is about


async def do_background(argument: str, scope: Any, receive: Any, send: Any) -> None:
    """Answer, then work for so long (s), and fail if that is to be."""
    seconds, _, then = argument.partition("/")
    await do_answer("done", scope, receive, send)
    await asyncio.sleep(float(seconds))
    logger.warning("in the background")
    if then:
        raise LookupError("in the background")


async def do_ids(argument: str, scope: Any, receive: Any, send: Any) -> None:
    """The ids of the invocation, before and after others had their turn."""
    first = context.request_id.get(), context.trace_id.get(), scope["aws.context"].aws_request_id
    await asyncio.sleep(0.3)
    second = context.request_id.get(), context.trace_id.get(), scope["aws.context"].aws_request_id
    logger.warning("logged")
    await do_answer(repr([first, second, os.getpid()]), scope, receive, send)


async def do_headers(argument: str, scope: Any, receive: Any, send: Any) -> None:
    await begin(send, headers=[(b"x-large", b"x" * int(argument))])
    await write(send, b"first")
    await write(send, b"body", more=False)


async def do_memory(argument: str, scope: Any, receive: Any, send: Any) -> None:
    await do_answer(str(memory()), scope, receive, send)


async def quiet(scope: Any, receive: Any, send: Any) -> None:
    """Only answer with the memory, or fail, and write nothing for the test."""
    if scope["path"] == "/raise":
        raise LookupError("the application has a fault")
    await do_memory("", scope, receive, send)


def memory() -> int:
    """How much (KiB) the process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


async def do_exit(argument: str, scope: Any, receive: Any, send: Any) -> None:
    raise SystemExit(int(argument))


async def hang_at_shutdown(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await asyncio.Event().wait()
