"""An application on trio, of which each path sends, or ends, in another way."""

from __future__ import annotations

from typing import Any

import trio

from asgi_lambda import adapt
from asgi_lambda.runtime import context
from tests.emulator.apps.application import note
from tests.runtime.apps.asgi import begin, write


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        note("startup")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        note("shutdown")
        await send({"type": "lifespan.shutdown.complete"})
        return
    name, _, argument = scope["path"][1:].partition("/")
    note(f"begins {scope['path']}")
    try:
        await globals()[f"do_{name}"](argument, scope, receive, send)
    except trio.Cancelled:
        note("cancelled")
        raise
    except OSError as error:
        note(f"OSError {error}")
        raise
    note(f"ends {scope['path']}")


async def do_answer(argument: str, scope: Any, receive: Any, send: Any) -> None:
    await begin(send)
    await write(send, argument.encode(), more=False)


async def do_ids(argument: str, scope: Any, receive: Any, send: Any) -> None:
    first = context.request_id.get(), context.trace_id.get(), scope["aws.context"].aws_request_id
    await trio.sleep(0.3)
    await do_answer(repr([first, None, 0]), scope, receive, send)


async def do_chunks(argument: str, scope: Any, receive: Any, send: Any) -> None:
    count, _, pause = argument.partition("/")
    await begin(send)
    for number in range(int(count)):
        await trio.sleep(float(pause))
        await write(send, b"chunk %d" % number)
    await write(send, b"", more=False)


async def do_background(argument: str, scope: Any, receive: Any, send: Any) -> None:
    await do_answer("done", scope, receive, send)
    await trio.sleep(float(argument))


async def do_raise(argument: str, scope: Any, receive: Any, send: Any) -> None:
    await begin(send)
    await write(send, b"part")
    raise LookupError("the application has a fault")


async def do_hang(argument: str, scope: Any, receive: Any, send: Any) -> None:
    await begin(send)
    await write(send, b"part")
    if argument == "watching":
        await receive()
        note((await receive())["type"])
        await write(send, b"into the void")
    await trio.sleep_forever()


async def do_megabytes(argument: str, scope: Any, receive: Any, send: Any) -> None:
    await begin(send)
    for number in range(int(argument)):
        for _ in range(16):
            await write(send, b"x" * 65_536)
        note(f"sent {number}")
    await write(send, b"", more=False)


async def do_file(argument: str, scope: Any, receive: Any, send: Any) -> None:
    await do_answer(str("http.response.pathsend" in scope["extensions"]), scope, receive, send)


async def do_exit(argument: str, scope: Any, receive: Any, send: Any) -> None:
    raise SystemExit(int(argument))


handler = adapt(application, backend="trio")
