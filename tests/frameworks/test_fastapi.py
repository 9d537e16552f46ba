"""FastAPI as it is deployed: the contract, documentation pages, links, clients, threads."""

import asyncio
import itertools
import os
import re
import subprocess
import sys
import textwrap
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Body, Depends, FastAPI, Form, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from pydantic import BaseModel

from asgi_lambda import Handler, LifespanFailed, adapt
from tests.frameworks import front_doors
from tests.frameworks.contract import CHUNKS, Contract
from tests.frameworks.front_doors import FRONT_DOORS, HTTP_API, WITH_PREFIX, FrontDoor

Start = Callable[..., httpx.Client]


class Text(BaseModel):
    text: str
    other: str = ""


class TestFastAPI(Contract):
    def application(self, startups: list[str]) -> FastAPI:
        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
            startups.append("started")
            yield {"startups": startups}

        app = FastAPI(lifespan=lifespan)

        @app.get("/state")
        async def state(request: Request) -> dict[str, Any]:
            marked = hasattr(request.state, "mark")
            request.state.mark = True
            return {"startups": len(request.state.startups), "marked": marked}

        @app.get("/query")
        async def query(request: Request) -> list[tuple[str, str]]:
            return request.query_params.multi_items()

        @app.get("/cookies")
        def cookies(request: Request, response: Response) -> dict[str, str]:
            response.set_cookie("first", "1")
            response.set_cookie("second", "2")
            return request.cookies

        @app.post("/bytes")
        async def content(
            body: Annotated[bytes, Body(media_type="application/octet-stream")],
        ) -> Response:
            return Response(body, media_type="application/octet-stream")

        @app.post("/json")
        def json(body: Text) -> dict[str, int]:
            return {"length": len(body.text)}

        @app.post("/form")
        def form(body: Annotated[Text, Form()]) -> dict[str, int]:
            return {"length": len(body.text)}

        @app.get("/error")
        def error() -> None:
            raise RuntimeError("broken")

        @app.get("/stream")
        async def stream() -> StreamingResponse:
            async def chunks() -> AsyncIterator[str]:
                for chunk in CHUNKS:
                    yield chunk
                    await asyncio.sleep(0)

            return StreamingResponse(chunks(), media_type="text/plain")

        @app.get("/link", response_class=PlainTextResponse)
        def link(request: Request) -> str:
            return str(request.url_for("state"))

        return app

    def test_invalid_json_is_the_clients_mistake(self, client: httpx.Client) -> None:
        answer = client.post("/json", json={"text": 1})

        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["body", "text"]

    def test_multipart_upload(self, door: FrontDoor, start: Start) -> None:
        app = FastAPI()

        @app.post("/upload")
        async def upload(request: Request) -> dict[str, Any]:
            async with request.form() as form:
                file = form["file"]
                assert not isinstance(file, str)
                content = await file.read()
                return {"name": file.filename, "sum": sum(content), "length": len(content)}

        content = bytes(range(256)) * 1000
        files = {"file": ("blob.bin", content, "application/octet-stream")}

        answer = start(app=app, door=door).post("/upload", files=files)

        expected = {"name": "blob.bin", "sum": sum(content), "length": len(content)}
        assert answer.json() == expected


@pytest.fixture
def start() -> Iterator[Start]:
    """A function that puts an application behind a front door, until the test is over."""
    handlers: list[Handler] = []

    def client(*, app: FastAPI, door: FrontDoor = HTTP_API) -> httpx.Client:
        handlers.append(adapt(app, **door.options))
        return front_doors.client(handler=handlers[-1], door=door)

    yield client
    for handler in handlers:
        handler.shutdown()


@pytest.mark.parametrize("door", FRONT_DOORS, ids=lambda door: door.name)
class TestLinks:
    """Whatever URL the application makes must be one that the client can go to."""

    @pytest.fixture
    def client(self, door: FrontDoor, start: Start) -> httpx.Client:
        app = FastAPI()

        @app.get("/", include_in_schema=False)
        def root(request: Request) -> str:
            return str(request.url_for("root"))

        @app.get("/items/")
        def items(request: Request) -> dict[str, str]:
            return {"item": str(request.url_for("item", number="7")), "self": str(request.url)}

        @app.get("/items/{number}")
        def item(number: int) -> dict[str, int]:
            return {"number": number}

        return start(app=app, door=door)

    def test_documentation_finds_its_schema(self, client: httpx.Client, door: FrontDoor) -> None:
        page = client.get("/docs")
        assert page.status_code == 200
        [reference] = re.findall(r"url: '([^']+)'", page.text)
        address = page.url.join(reference)
        assert str(address) == f"{door.url}/openapi.json"

        schema = client.get(address).json()
        # Without a prefix there is no entry, which means the host itself.
        servers = [str(address.join(server["url"])) for server in schema.get("servers", [])]
        assert servers == ([door.url] if door.prefix else [])
        base = servers[0] if servers else door.url
        assert list(schema["paths"]) == ["/items/", "/items/{number}"]
        assert client.get(f"{base}/items/3").json() == {"number": 3}

    def test_documentation_stays_the_same_over_warm_calls(
        self, client: httpx.Client, door: FrontDoor
    ) -> None:
        schemas = [client.get("/openapi.json").json() for _ in range(3)]

        assert schemas[0] == schemas[1] == schemas[2]

    def test_url_for_is_where_the_client_must_go(
        self, client: httpx.Client, door: FrontDoor
    ) -> None:
        links = client.get("/items/?x=1").json()

        assert links == {"item": f"{door.url}/items/7", "self": f"{door.url}/items/?x=1"}
        assert client.get(links["item"]).json() == {"number": 7}

    def test_root_is_there_with_and_without_its_slash(
        self, client: httpx.Client, door: FrontDoor
    ) -> None:
        for url in (door.url, f"{door.url}/"):
            answer = client.get(url, follow_redirects=True)

            assert answer.status_code == 200
            assert answer.json() == f"{door.url}/"

    def test_trailing_slash_redirects_to_where_the_client_must_go(
        self, client: httpx.Client, door: FrontDoor
    ) -> None:
        redirect = client.get("/items?x=1")

        assert redirect.status_code == 307
        assert redirect.headers["location"] == f"{door.url}/items/?x=1"
        assert client.get("/items", follow_redirects=True).status_code == 200


@pytest.mark.parametrize("door", WITH_PREFIX, ids=lambda door: door.name)
def test_mounted_application_has_its_own_documentation(door: FrontDoor, start: Start) -> None:
    app, admin = FastAPI(), FastAPI()

    @admin.get("/users")
    def users(request: Request) -> str:
        return str(request.url_for("users"))

    app.mount("/admin", admin)
    client = start(app=app, door=door)

    assert client.get("/admin/users").json() == f"{door.url}/admin/users"
    page = client.get("/admin/docs")
    [reference] = re.findall(r"url: '([^']+)'", page.text)
    schema = client.get(page.url.join(reference)).json()
    assert list(schema["paths"]) == ["/users"]
    assert [str(page.url.join(server["url"])) for server in schema["servers"]] == [
        f"{door.url}/admin"
    ]


@pytest.fixture
def backend() -> Iterator[tuple[str, set[Any]]]:
    """A server on loopback, and the connections it has seen."""
    connections: set[Any] = set()

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            connections.add(self.client_address)
            self.send_response(200)
            self.send_header("content-length", "4")
            self.end_headers()
            self.wfile.write(b"pong")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", connections
        server.shutdown()
        thread.join()


class TestLifespan:
    def test_client_and_lock_made_at_startup_serve_every_request(
        self, backend: tuple[str, set[Any]], start: Start
    ) -> None:
        address, connections = backend
        events: list[str] = []

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
            events.append("startup")
            async with httpx.AsyncClient() as client:
                yield {"client": client, "lock": asyncio.Lock()}
            events.append("shutdown")

        app = FastAPI(lifespan=lifespan)

        @app.get("/")
        async def ping(request: Request) -> tuple[str, str]:
            async def call() -> str:
                # A lock is bound to a loop as soon as somebody has to wait for it.
                async with request.state.lock:
                    answer: httpx.Response = await request.state.client.get(address)
                    return answer.text

            return await asyncio.gather(call(), call())

        handler = adapt(app)
        client = front_doors.client(handler=handler, door=HTTP_API)

        for _ in range(4):
            assert client.get("/").json() == ["pong", "pong"]
        # One connection, kept alive from one invocation to the next.
        assert len(connections) == 1
        assert events == ["startup"]

        handler.shutdown()
        assert events == ["startup", "shutdown"]

    def test_failing_startup_fails_the_first_invocation(self) -> None:
        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            raise ConnectionError("the database is down")
            yield

        handler = adapt(FastAPI(lifespan=lifespan))

        with pytest.raises(LifespanFailed, match="the database is down"):
            front_doors.client(handler=handler, door=HTTP_API).get("/")


class TestThreads:
    def test_worker_thread_survives_from_one_invocation_to_the_next(self, start: Start) -> None:
        app = FastAPI()

        @app.get("/")
        def ident() -> int:
            return threading.get_ident()

        client = start(app=app)
        idents = {client.get("/").json() for _ in range(5)}

        assert len(idents) == 1
        assert threading.get_ident() not in idents

    def test_dependencies_of_def_and_async_def_work_together(self, start: Start) -> None:
        app = FastAPI()
        log: list[str] = []

        def connection() -> Iterator[str]:
            log.append("open")
            yield "connection"
            log.append("close")

        @app.get("/")
        async def endpoint(name: Annotated[str, Depends(connection)]) -> str:
            log.append(name)
            return name

        client = start(app=app)

        for _ in range(3):
            log.clear()
            assert client.get("/").json() == "connection"
            assert log == ["open", "connection", "close"]

    def test_process_ends_although_a_worker_thread_was_used(self) -> None:
        script = """
        from fastapi import FastAPI

        from asgi_lambda import adapt
        from tests.frameworks import front_doors

        app = FastAPI()


        @app.get("/")
        def root() -> str:
            return "answered"


        handler = adapt(app)
        print(front_doors.client(handler=handler, door=front_doors.HTTP_API).get("/").text)
        """
        completed = run_script(script)

        assert completed.returncode == 0, completed.stderr
        assert completed.stdout == '"answered"\n'


def run_script(script: str, **lambda_environment: str) -> subprocess.CompletedProcess[str]:
    """A script run in a process of its own; on Lambda only if its variables are given."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("_HANDLER", "AWS_LAMBDA_INITIALIZATION_TYPE")
    }
    root = str(Path(__file__).parents[2])
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env=environment | {"PYTHONPATH": root} | lambda_environment,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


class TestStartupAtImport:
    """On Lambda the application starts in `adapt`, so nothing may be registered after it."""

    script = """
    from contextlib import asynccontextmanager

    from fastapi import FastAPI
    from starlette.middleware.gzip import GZipMiddleware

    from asgi_lambda import adapt

    started = []


    @asynccontextmanager
    async def lifespan(app):
        started.append("started")
        yield


    app = FastAPI(lifespan=lifespan)
    handler = adapt(app)
    print("startups:", len(started))
    app.add_middleware(GZipMiddleware)
    print("added")
    """

    def test_late_middleware_is_an_error_on_lambda(self) -> None:
        completed = run_script(
            self.script, _HANDLER="app.handler", AWS_LAMBDA_INITIALIZATION_TYPE="on-demand"
        )

        assert completed.returncode == 1
        assert completed.stdout == "startups: 1\n"
        assert "Cannot add middleware after an application has started" in completed.stderr

    def test_importing_elsewhere_starts_nothing(self) -> None:
        completed = run_script(self.script)

        assert completed.returncode == 0, completed.stderr
        assert completed.stdout == "startups: 0\nadded\n"


class TestManyRequests:
    def test_responses_do_not_mix(self, start: Start) -> None:
        app = FastAPI()
        numbers = itertools.count()

        @app.get("/{name}")
        async def endpoint(name: str) -> JSONResponse:
            await asyncio.sleep(0)
            return JSONResponse({"name": name, "number": next(numbers)})

        client = start(app=app)

        for number in range(20):
            assert client.get(f"/n{number}").json() == {"name": f"n{number}", "number": number}
