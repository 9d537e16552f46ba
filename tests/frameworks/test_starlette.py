"""Starlette as it is deployed: the contract, background tasks, middleware, context variables."""

from __future__ import annotations

import asyncio
import functools
import itertools
import json as jsons
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask, BackgroundTasks
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from asgi_lambda import Handler, adapt
from asgi_lambda.local.context import Context
from tests.frameworks import front_doors
from tests.frameworks.contract import CHUNKS, Contract
from tests.frameworks.front_doors import FUNCTION_URL, HTTP_API, FrontDoor

EVENTS: Final = Path(__file__).parent.parent / "events"


async def state(request: Request) -> Response:
    marked = hasattr(request.state, "mark")
    request.state.mark = True
    return JSONResponse({"startups": len(request.state.startups), "marked": marked})


async def query(request: Request) -> Response:
    return JSONResponse(request.query_params.multi_items())


async def cookies(request: Request) -> Response:
    response = JSONResponse(request.cookies)
    response.set_cookie("first", "1")
    response.set_cookie("second", "2")
    return response


async def content(request: Request) -> Response:
    return Response(await request.body(), media_type="application/octet-stream")


async def json(request: Request) -> Response:
    return JSONResponse({"length": len((await request.json())["text"])})


async def form(request: Request) -> Response:
    async with request.form() as fields:
        return JSONResponse({"length": len(str(fields["text"]))})


async def error(request: Request) -> Response:
    raise RuntimeError("broken")


async def stream(request: Request) -> Response:
    async def chunks() -> AsyncIterator[str]:
        for chunk in CHUNKS:
            yield chunk
            await asyncio.sleep(0)

    return StreamingResponse(chunks(), media_type="text/plain")


async def link(request: Request) -> Response:
    return PlainTextResponse(str(request.url_for("state")))


ROUTES = [
    Route("/state", state),
    Route("/query", query),
    Route("/cookies", cookies),
    Route("/bytes", content, methods=["POST"]),
    Route("/json", json, methods=["POST"]),
    Route("/form", form, methods=["POST"]),
    Route("/error", error),
    Route("/stream", stream),
    Route("/link", link),
]


class TestStarlette(Contract):
    def application(self, startups: list[str]) -> Starlette:
        return Starlette(routes=ROUTES, lifespan=lifespan_of(startups))


class TestStarletteWithBaseHTTPMiddleware(Contract):
    """The middleware runs the application in a task of its own, and copies streams."""

    def application(self, startups: list[str]) -> Starlette:
        async def dispatch(request: Request, call_next: RequestResponseEndpoint) -> Response:
            response = await call_next(request)
            response.headers["x-middleware"] = "seen"
            return response

        middleware = [Middleware(BaseHTTPMiddleware, dispatch=dispatch)]
        return Starlette(routes=ROUTES, middleware=middleware, lifespan=lifespan_of(startups))

    def test_middleware_changes_the_answer(self, client: httpx.Client) -> None:
        for path in ("/state", "/stream"):
            assert client.get(path).headers["x-middleware"] == "seen"


def lifespan_of(startups: list[str]) -> Callable[[Starlette], Any]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        startups.append("started")
        yield {"startups": startups}

    return lifespan


Start = Callable[..., httpx.Client]


@pytest.fixture
def start() -> Iterator[Start]:
    """A function that puts an application, or a wrapped handler, behind a front door."""
    handlers: list[Handler] = []

    def client(
        *,
        app: Starlette,
        wrap: Callable[[Handler], Callable[..., Any]] | None = None,
        door: FrontDoor = HTTP_API,
    ) -> httpx.Client:
        handler = adapt(app)
        handlers.append(handler)
        return front_doors.client(handler=wrap(handler) if wrap else handler, door=door)

    yield client
    for handler in handlers:
        handler.shutdown()


class TestTrustedHost:
    def test_health_check_of_an_alb_has_no_host_to_trust(self) -> None:
        app = Starlette(routes=[Route("/", cookies)])
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["example.com", "localhost"])
        event = jsons.loads((EVENTS / "alb/docs-health-check.json").read_text()) | {"path": "/"}

        response = adapt(app)(event, Context())

        assert (response["statusCode"], response["body"]) == (400, "Invalid host header")


class TestBackgroundTasks:
    def test_run_before_the_invocation_ends(self, start: Start) -> None:
        done: list[str] = []

        async def later(number: int) -> None:
            await asyncio.sleep(0)
            done.append(f"async {number}")

        def in_thread(number: int) -> None:
            done.append(f"thread {number}")

        numbers = itertools.count(1)

        async def endpoint(request: Request) -> Response:
            number = next(numbers)
            tasks = BackgroundTasks()
            tasks.add_task(later, number)
            tasks.add_task(in_thread, number)
            return PlainTextResponse(f"answer {number}", background=tasks)

        client = start(app=Starlette(routes=[Route("/", endpoint)]))

        for number in (1, 2, 3):
            assert client.get("/").text == f"answer {number}"
            assert done[-2:] == [f"async {number}", f"thread {number}"]

    def test_failing_one_leaves_the_response_and_is_logged(
        self, start: Start, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def fail() -> None:
            raise RuntimeError("background work failed")

        async def endpoint(request: Request) -> Response:
            return PlainTextResponse("answer", background=BackgroundTask(fail))

        client = start(app=Starlette(routes=[Route("/", endpoint)]))

        for _ in range(2):
            assert client.get("/").text == "answer"
        assert caplog.text.count("RuntimeError: background work failed") == 2


class TestContextVariables:
    def test_set_by_a_decorator_around_the_handler_are_seen(self, start: Start) -> None:
        trace: ContextVar[str] = ContextVar("trace", default="none")

        def traced(handler: Handler) -> Callable[..., Any]:
            @functools.wraps(handler.__call__)
            def call(event: Any, context: Any) -> Any:
                token = trace.set(event["headers"]["x-trace"])
                try:
                    return handler(event, context)
                finally:
                    trace.reset(token)

            return call

        async def asynchronous(request: Request) -> Response:
            await asyncio.sleep(0)
            return PlainTextResponse(trace.get())

        def threaded(request: Request) -> Response:
            return PlainTextResponse(trace.get())

        routes = [Route("/async", asynchronous), Route("/thread", threaded)]
        client = start(app=Starlette(routes=routes), wrap=traced)

        for path in ("/async", "/thread"):
            for name in ("a", "b", "c"):
                assert client.get(path, headers={"x-trace": name}).text == name
        assert trace.get() == "none"

    def test_set_by_the_application_do_not_leak_into_the_next_request(self, start: Start) -> None:
        seen: ContextVar[str] = ContextVar("seen", default="nothing")

        async def endpoint(request: Request) -> Response:
            before = seen.get()
            seen.set("something")
            return PlainTextResponse(before)

        client = start(app=Starlette(routes=[Route("/", endpoint)]), door=FUNCTION_URL)

        assert [client.get("/").text for _ in range(3)] == ["nothing"] * 3


class TestTrailingSlash:
    @pytest.mark.parametrize("door", front_doors.FRONT_DOORS, ids=lambda door: door.name)
    def test_redirect_stays_behind_the_front_door(self, door: FrontDoor) -> None:
        async def endpoint(request: Request) -> Response:
            return PlainTextResponse("reached")

        handler = adapt(Starlette(routes=[Route("/items/", endpoint)]), **door.options)
        client = front_doors.client(handler=handler, door=door)

        redirect = client.get("/items?x=1")
        assert redirect.status_code == 307
        assert redirect.headers["location"] == f"{door.url}/items/?x=1"
        assert client.get("/items?x=1", follow_redirects=True).text == "reached"
        handler.shutdown()
