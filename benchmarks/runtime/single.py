"""One event after the other: a turn of the runtime, the start of its process, a large answer."""

from __future__ import annotations

import json
from base64 import b64decode
from contextlib import ExitStack, contextmanager, nullcontext
from time import perf_counter
from typing import TYPE_CHECKING, Final

from benchmarks.events import browser_request, function_url
from benchmarks.measure import ASGI_LAMBDA, FLOOR, MANGUM
from benchmarks.runtime.api import RuntimeAPI
from benchmarks.runtime.clients import LIKE_LAMBDA, STREAMED, Process, command, environment
from benchmarks.runtime.functions import large
from benchmarks.runtime.functions.hello import GREETING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from benchmarks.measure import Block
    from benchmarks.runtime.requests import Request

    Blocks = Callable[[int], AbstractContextManager[Mapping[str, Block]]]

CONTENDERS: Final = (FLOOR, MANGUM, ASGI_LAMBDA)
_WARM_UP: Final = 20


def event(path: str = "/hello") -> bytes:
    """A browser's GET through a Function URL, as JSON."""
    return json.dumps(function_url(browser_request()._replace(path=path))).encode()


@contextmanager
def client(
    contender: str, application: str, *, streamed: bool = False, floor: str = "hello"
) -> Iterator[tuple[RuntimeAPI, Process]]:
    """A runtime client that waits for its first event."""
    # Only this package knows the variable. With the peer everything is buffered.
    variables = {**LIKE_LAMBDA, **(STREAMED if streamed else {})}
    with RuntimeAPI() as api:
        variables["AWS_LAMBDA_RUNTIME_API"] = api.address
        started = command(contender, floor)
        with Process(started, environment(application, variables)) as process:
            api.alive = process.alive
            api.wait_for_poller()
            yield api, process


@contextmanager
def turns(
    calls: int, application: str, content: bytes, floor: str, *, streamed: bool = False
) -> Iterator[Mapping[str, Block]]:
    """Blocks of turns: from an event that is handed out to the poller's asking for the next."""
    with ExitStack() as started:
        blocks = {}
        for contender in CONTENDERS:
            given = started.enter_context(
                client(contender, application, streamed=streamed, floor=floor)
            )
            for _ in range(min(_WARM_UP, calls)):
                check(given[0].turn(event()), content)
            blocks[contender] = _block(given[0], calls)
        yield blocks


def _block(api: RuntimeAPI, calls: int) -> Block:
    def run() -> float:
        handed_out = event()
        began = perf_counter()
        for _ in range(calls):
            api.turn(handed_out)
        return (perf_counter() - began) / calls

    return run


def hello_turns(application: str) -> Blocks:
    """Turns of a line of text."""
    return lambda calls: turns(calls, application, GREETING, "hello")


def large_turns(*, streamed: bool) -> Blocks:
    """Turns of 4.4 MB; Mangum on AWS's client buffers in either case."""
    floor = "large-streamed" if streamed else "large"
    return lambda calls: turns(calls, "large", large.CONTENT, floor, streamed=streamed)


def starts(application: str) -> Blocks:
    """Blocks of one start each, from the new process to its asking for the first event."""

    def block(contender: str) -> Block:
        def run() -> float:
            began = perf_counter()
            with client(contender, application):
                return perf_counter() - began

        run()  # so that there are .pyc files
        return run

    return lambda _: nullcontext({contender: block(contender) for contender in CONTENDERS})


def check(answer: Request, content: bytes) -> None:
    """Raise RuntimeError where this is not the answer of the application."""
    given = answer.body
    if given.startswith(b'{"statusCode"') and b"\0" * 8 in given:
        found = given.partition(b"\0" * 8)[2]
    else:
        response = json.loads(given)
        body = response["body"]
        found = b64decode(body) if response["isBase64Encoded"] else body.encode()
    if found != content:
        raise RuntimeError(f"expected the application's answer, got {given[:500]!r}")
