"""Datasette as it is deployed: it routes by `raw_path` and knows no `root_path`.

The contract's routes are a plugin; its own pages are asked for beside them.
"""

from __future__ import annotations

import asyncio
import gc
import json as jsons
import sqlite3
import warnings
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import httpx
import pytest

from asgi_lambda import adapt
from tests.frameworks import front_doors
from tests.frameworks.contract import CHUNKS, Contract
from tests.frameworks.front_doors import (
    ALB_MULTI_VALUE,
    FUNCTION_URL,
    HTTP_API_STAGE,
    REST_BASE_PATH,
    REST_STAGE,
    FrontDoor,
)

# Datasette asks SQLite for its features on connections that it does not close, some while imported.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "unclosed database", ResourceWarning)
    from datasette import hookimpl  # type: ignore[import-untyped]
    from datasette.app import Datasette  # type: ignore[import-untyped]
    from datasette.plugins import pm  # type: ignore[import-untyped]
    from datasette.utils.asgi import AsgiStream, Response  # type: ignore[import-untyped]

    # One of them is part of a cycle.
    gc.collect()


class Plugin:
    """The contract's routes; a Datasette has the plugins that are registered while it starts."""

    __name__ = "contract"

    def __init__(self, startups: list[str]) -> None:
        self.startups = startups
        self.connections: list[sqlite3.Connection] = []

    @hookimpl  # type: ignore[untyped-decorator]
    def prepare_connection(self, conn: sqlite3.Connection) -> None:
        self.connections.append(conn)

    @hookimpl  # type: ignore[untyped-decorator]
    def startup(self) -> None:
        self.startups.append("started")

    @hookimpl  # type: ignore[untyped-decorator]
    def skip_csrf(self) -> bool:
        return True

    @hookimpl  # type: ignore[untyped-decorator]
    def register_routes(self) -> list[tuple[str, Callable[..., Awaitable[Any]]]]:
        names = ("query", "cookies", "json", "form", "error", "stream", "state")
        routes = [(f"/{name}$", getattr(self, name)) for name in names]
        return [*routes, ("/bytes$", self.content)]

    async def state(self, request: Any) -> Any:
        own = request.scope["state"]
        marked = "mark" in own
        own["mark"] = True
        return Response.json({"startups": len(self.startups), "marked": marked})

    async def query(self, request: Any) -> Any:
        return Response.json(parse_qsl(request.query_string, keep_blank_values=True))

    async def cookies(self, request: Any) -> Any:
        response = Response.json(request.cookies)
        response.set_cookie("first", "1")
        response.set_cookie("second", "2")
        return response

    async def content(self, request: Any) -> Any:
        return Response(await request.post_body(), content_type="application/octet-stream")

    async def json(self, request: Any) -> Any:
        return Response.json({"length": len(jsons.loads(await request.post_body())["text"])})

    async def form(self, request: Any) -> Any:
        return Response.json({"length": len((await request.post_vars())["text"])})

    async def error(self) -> Any:
        raise RuntimeError("broken")

    async def stream(self) -> Any:
        async def chunks(writer: Any) -> None:
            for chunk in CHUNKS:
                await writer.write(chunk)
                await asyncio.sleep(0)

        return AsgiStream(chunks, content_type="text/plain; charset=utf-8")


class TestDatasette(Contract):
    options: ClassVar[Mapping[str, Any]] = {"strip_root_path": True}
    links: ClassVar[bool] = False

    # Its startup fills a database, so that all front doors would take long.
    @pytest.fixture(
        params=[REST_STAGE, REST_BASE_PATH, HTTP_API_STAGE, FUNCTION_URL, ALB_MULTI_VALUE],
        ids=lambda door: door.name,
    )
    def door(self, request: pytest.FixtureRequest) -> FrontDoor:
        door: FrontDoor = request.param
        return door

    @pytest.fixture(autouse=True)
    def datasette(self, startups: list[str], tmp_path: Path) -> Iterator[Any]:
        path = tmp_path / "numbers.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("create table numbers (number integer)")
            connection.execute("insert into numbers values (1), (2), (3)")
            connection.commit()
        plugin = Plugin(startups)
        pm.register(plugin)
        datasette = Datasette([str(path)])
        yield datasette
        pm.unregister(plugin)
        # Datasette leaves all this to the end of the process.
        datasette.executor.shutdown()
        for connection in plugin.connections:
            connection.close()

    @pytest.fixture
    def client(self, door: FrontDoor, datasette: Any) -> Iterator[httpx.Client]:
        handler = adapt(datasette.app(), **door.options, **self.options)
        with front_doors.client(handler=handler, door=door) as client:
            yield client
        handler.shutdown()

    def test_queries_run_on_its_database_threads(self, client: httpx.Client) -> None:
        for number in (1, 2, 3):
            query = {"sql": f"select number from numbers where number = {number}"}
            answer = client.get("/numbers.json", params=query | {"_shape": "array"})

            assert answer.status_code == 200
            assert answer.json() == [{"number": number}]

    def test_pages_and_static_files(self, client: httpx.Client) -> None:
        assert "/numbers/numbers" in client.get("/numbers").text
        assert client.get("/-/static/app.css").headers["content-type"] == "text/css"
