"""Which process gets a request, and what is answered where none does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from asgi_lambda.local.template.process import NotStarted
from asgi_lambda.local.template.router import Router
from tests.local.clients import ask, lifespan
from tests.local.template.templates import read


class Fake:
    """A process that cannot be reached, since it has no socket; notes what was asked of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.closed = self.over = False
        self.problem = f"{name} was asked"

    async def socket(self) -> str:
        if self.problem:
            raise NotStarted(self.problem)
        return "/none"

    def close(self) -> None:
        self.closed = True

    async def gone(self, socket: str) -> None:
        assert socket == "/none"
        self.over = True

    async def ended(self) -> None:
        self.over = True


@pytest.fixture
def processes() -> dict[str, Any]:
    return {name: Fake(name) for name in ("Shop", "Users")}


@pytest.fixture
def router(tmp_path: Path, processes: dict[str, Any]) -> Router:
    return Router(read(tmp_path, Balanced="yes"), processes)


@pytest.mark.parametrize(
    ("host", "path", "function"),
    [
        ("api.localhost:8000", "/dev/items/7", "Shop"),
        ("API.localhost", "/dev/users/x/y", "Users"),
        ("serverlesshttpapi.localhost:8000", "/old", "Shop"),
        ("serverlesshttpapi.localhost:8000", "/new/1", "Users"),
        ("shopurl.example.com", "/anything", "Shop"),
        ("group.localhost", "/", "Users"),
        ("users.localhost:8000", "/_lambda/stream", "Users"),
        ("shop.localhost:8000", "/_lambda", "Shop"),
    ],
)
def test_function_of_a_request(router: Router, host: str, path: str, function: str) -> None:
    response = ask(router, path, headers={"host": host})
    assert response.status_code == 502
    assert response.text == f"{function} could not start: {function} was asked\n"


@pytest.mark.parametrize(
    ("host", "path", "status", "text"),
    [
        ("api.localhost", "/", 403, "Forbidden"),
        ("api.localhost", "/dev/else", 403, "Missing Authentication Token"),
        ("serverlesshttpapi.localhost", "/else", 404, "Not Found"),
        ("127.0.0.1:8000", "/", 200, "<h1>Functions</h1>"),
        ("else.localhost:8000", "/", 200, "<h1>Functions</h1>"),
    ],
)
def test_answers_of_its_own(router: Router, host: str, path: str, status: int, text: str) -> None:
    response = ask(router, path, headers={"host": host})
    assert response.status_code == status
    assert text in response.text


@pytest.mark.parametrize(
    ("host", "path", "location"),
    [("localhost:8000", "/_lambda", "/"), ("shop.localhost:8000", "/", "/_lambda")],
)
def test_ways_to_the_pages(router: Router, host: str, path: str, location: str) -> None:
    response = ask(router, path, headers={"host": host})
    assert (response.status_code, response.headers["location"]) == (307, location)


def test_stages_of_one_api(tmp_path: Path, processes: dict[str, Any]) -> None:
    found = read(tmp_path)
    [api] = [door for door in found.doors if door.name == "ServerlessHttpApi"]
    old = [route for route in api.routes if route.path == "/old"]
    found.doors.append(api._replace(stage="beta", routes=old))
    router = Router(found, processes)
    host = {"host": "serverlesshttpapi.localhost"}
    assert ask(router, "/beta/old", headers=host).status_code == 502
    assert ask(router, "/beta/new/1", headers=host).status_code == 404
    assert ask(router, "/new/1", headers=host).status_code == 502


def test_process_that_is_gone(router: Router, processes: dict[str, Any]) -> None:
    processes["Shop"].problem = ""
    response = ask(router, "/", headers={"host": "shopurl.localhost"})
    assert response.status_code == 502
    assert response.text.startswith("Shop is gone: ")
    assert processes["Shop"].over


def test_request_that_cannot_be_passed_on(router: Router, processes: dict[str, Any]) -> None:
    sent: list[Any] = []

    async def nothing() -> Any:
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    async def main() -> None:
        scope: Any = {"type": "http", "method": "GET", "path": "/", "query_string": b""}
        await router({**scope, "headers": [(b"host", b"shopurl.x"), (b"a", b"\0")]}, nothing, send)
        await router({"type": "websocket"}, nothing, send)
        await router({**scope, "headers": []}, nothing, send)

    processes["Shop"].problem = ""
    anyio.run(main)
    assert [each.get("status", each["type"]) for each in sent if "body" not in each] == [
        400,
        "websocket.close",
        200,
    ]


def test_lifespan_ends_the_processes(router: Router, processes: dict[str, Any]) -> None:
    async def main() -> None:
        async with lifespan(router):
            router.close()
            assert not processes["Shop"].over

    anyio.run(main)
    assert [(each.closed, each.over) for each in processes.values()] == [(True, True)] * 2
