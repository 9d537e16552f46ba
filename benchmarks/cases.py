"""All cases: what is measured, and the ratio to Mangum that is aimed at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks import events
from benchmarks.applications import GREETING, LARGE, hello, hello_with_lifespan, large
from benchmarks.backends import ASYNCIO, backends
from benchmarks.events import browser_request, client_request, upload_request
from benchmarks.gateway import HANDLER, UVICORN, gateway_blocks, start_blocks
from benchmarks.imports import Program, first_answers, import_statements, process_blocks
from benchmarks.measure import MANGUM, Block
from benchmarks.warm import Setup, fastapi_setup, warm_blocks, worker_threads

if TYPE_CHECKING:
    from benchmarks.warm import Lifespan

_UPLOAD: Final = 1024 * 1024


class Case(NamedTuple):
    """One comparison.

    blocks: makes the contenders' blocks, of so many calls. calls, rounds: of a whole run.
    target: the ratio aimed at, None without one. threads: counts the worker threads used. peer: the
    contender that asgi_lambda is compared with. most_added: microseconds that asgi_lambda may take
    more than the peer, where that is what is aimed at.
    """

    name: str
    what: str
    target: float | None
    blocks: Callable[[int], AbstractContextManager[Mapping[str, Block]]]
    calls: int = 100
    rounds: int = 201
    threads: Callable[[], dict[str, int]] | None = None
    peer: str = MANGUM
    most_added: float | None = None


def _warm(
    name: str, what: str, target: float | None, setup: Callable[[], Setup], *, calls: int = 100
) -> Case:
    return Case(name, what, target, lambda count: warm_blocks(setup(), count), calls)


def _processes(
    name: str,
    what: str,
    target: float | None,
    programs: Callable[[], Mapping[str, Program]],
    *,
    compiled: bool,
) -> Case:
    def blocks(_: int) -> AbstractContextManager[Mapping[str, Block]]:
        return process_blocks(programs(), compiled=compiled)

    return Case(name, what, target, blocks, calls=1, rounds=45)


def _hello(event: Callable[[], events.Event]) -> Callable[[], Setup]:
    return lambda: Setup(hello, event(), GREETING)


def _lifespan(event: Callable[[], events.Event], mangum: Lifespan = "auto") -> Callable[[], Setup]:
    return lambda: Setup(hello_with_lifespan, event(), GREETING, mangum, "auto")


def _fastapi(endpoint: str, lifespan: Lifespan) -> Case:
    suffix, words = ("", "lifespan off") if lifespan == "off" else ("-lifespan", "lifespan on")
    keyword = "async def" if endpoint == "async" else "def"
    case = _warm(
        f"fastapi-{endpoint}{suffix}",
        f"FastAPI, {keyword} endpoint, {words}",
        None,
        lambda: fastapi_setup(endpoint, lifespan=lifespan),
        calls=20,
    )
    return case._replace(threads=partial(worker_threads, lifespan)) if endpoint == "def" else case


def _client(door: Callable[[events.Request], events.Event]) -> Callable[[], events.Event]:
    return lambda: door(client_request())


def _browser(door: Callable[[events.Request], events.Event]) -> Callable[[], events.Event]:
    return lambda: door(browser_request())


def _start(name: str, target: str) -> Case:
    return Case(
        name,
        f"`serve` until it listens, {target}; peer: {UVICORN}",
        1.5,
        lambda _: start_blocks(target),
        calls=1,
        rounds=21,
        peer=UVICORN,
    )


def _on_trio(calls: int) -> AbstractContextManager[Mapping[str, Block]]:
    return warm_blocks(_hello(_client(events.http_api))(), calls, backends)


def _sample(name: str) -> Callable[[], events.Event]:
    return lambda: events.sample(name)


_SAMPLE = "event of AWS's documentation"
_CLIENT = "POST with about 10 headers"
_BROWSER = "GET of a browser, 25 headers"

CASES: Final = (
    _processes("import", "import, .pyc there", 0.25, import_statements, compiled=True),
    _processes("import-no-pyc", "import, no .pyc", 0.40, import_statements, compiled=False),
    _processes("first-answer", "import to answer, .pyc there", None, first_answers, compiled=True),
    _processes(
        "first-answer-no-pyc", "import to answer, no .pyc", None, first_answers, compiled=False
    ),
    _warm("http-api-sample", _SAMPLE, 0.40, _hello(_sample("http-api"))),
    _warm("http-api", _CLIENT, 0.40, _hello(_client(events.http_api))),
    _warm("http-api-browser", _BROWSER, 0.40, _hello(_browser(events.http_api))),
    _warm("rest-api-sample", _SAMPLE, 0.45, _hello(_sample("rest-api"))),
    _warm("rest-api", _CLIENT, 0.45, _hello(_client(events.rest_api))),
    _warm("rest-api-browser", _BROWSER, 0.40, _hello(_browser(events.rest_api))),
    _warm("http-api-v1", _CLIENT, None, _hello(_client(events.http_api_v1))),
    _warm("function-url", _CLIENT, None, _hello(_client(events.function_url))),
    _warm("alb-sample", _SAMPLE, 0.30, _hello(_sample("alb"))),
    _warm("alb", _CLIENT, 0.30, _hello(_client(events.alb))),
    _warm("alb-multi-value", _CLIENT, 0.30, _hello(_client(events.alb_multi_value))),
    _warm(
        "http-api-lifespan", "as http-api, lifespan on", 0.15, _lifespan(_client(events.http_api))
    ),
    _warm(
        "rest-api-lifespan", "as rest-api, lifespan on", 0.15, _lifespan(_client(events.rest_api))
    ),
    _warm("alb-lifespan", "as alb, lifespan on", 0.15, _lifespan(_client(events.alb))),
    _warm(
        "http-api-browser-lifespan",
        "as http-api-browser, lifespan on",
        0.15,
        _lifespan(_browser(events.http_api)),
    ),
    _warm(
        "lifespan-against-off",
        "as http-api, lifespan on; off in Mangum",
        0.40,
        _lifespan(_client(events.http_api), "off"),
    ),
    _warm(
        "1-mb-in",
        "body of 1 MB, as base64",
        1.0,
        lambda: Setup(hello, events.http_api(upload_request(size=_UPLOAD)), GREETING),
        calls=4,
    ),
    _warm(
        "4-mb-out",
        "binary answer of 4.4 MB",
        0.95,
        lambda: Setup(large, _client(events.http_api)(), LARGE),
        calls=2,
    ),
    _fastapi("async", "off"),
    _fastapi("def", "off"),
    _fastapi("async", "auto"),
    _fastapi("def", "auto"),
    Case("trio", f"as http-api, on trio; peer: {ASYNCIO}", None, _on_trio, peer=ASYNCIO),
    Case(
        "gateway",
        f"POST through `serve`, its inspector too; peer: {HANDLER}",
        None,
        gateway_blocks,
        calls=20,
        peer=HANDLER,
        most_added=1000.0,
    ),
    _start("serve-start", "examples.hello.app:app"),
    _start("serve-start-fastapi", "examples.fastapi.app:app"),
)
