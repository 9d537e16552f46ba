"""What a function's process does, tried in this one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import anyio
import pytest

from asgi_lambda.local.report import Report
from asgi_lambda.local.target import load
from asgi_lambda.local.template import child
from tests.local.clients import ask
from tests.local.clients import lifespan as alive
from tests.local.template.templates import read


@pytest.fixture
def task(tmp_path: Path) -> child.Task:
    """That of the function `Shop`, as it is after its way through the pipe."""
    stack = read(tmp_path)
    shop: Any = {"function": stack.functions["Shop"], "doors": stack.doors_of("Shop")}
    shop |= {"claims": None, "authorizer": None, "socket": str(tmp_path / "socket")}
    return child.read_task(json.dumps(shop).encode())


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports as they were."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "app", raising=False)


@pytest.fixture
def problems() -> list[str | None]:
    return []


@pytest.fixture
def application(
    task: child.Task,
    problems: list[str | None],
    modules: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[child.FunctionApplication]:
    monkeypatch.chdir(task["function"].folder)
    child.find_modules(task["function"])
    ready: Any = problems.append
    with ExitStack() as stack:
        stack.callback(sys.modules.pop, "app", None)
        yield child.FunctionApplication(task, load("app.handler"), Report(print), ready)


def passed(door: str | None) -> dict[str, str]:
    """What the parent says of a request."""
    said = {"client": ["127.0.0.1", 5], "server": ["127.0.0.1", 80], "scheme": "http"}
    return {"x-asgi-lambda-passed": json.dumps({**said, "door": door})}


def test_all_doors_lead_to_one_function(application: child.FunctionApplication) -> None:
    rest = ask(application, "/dev/items/7", headers=passed("Api dev rest-api BUFFERED"))
    assert rest.text.splitlines()[1:4] == ["/dev/items/7", "/items/{id}", "{'id': '7'}"]
    url = ask(application, "/x", headers=passed("ShopUrl None function-url BUFFERED"))
    assert url.text.splitlines()[1:5] == ["/x", "$default", "None", "127.0.0.1"]
    listed = application.inspector._exchanges.values()
    assert [each.source for each in listed] == ["rest-api", "function-url"]


def test_inspector_repeats_a_request_at_the_doors_of_the_template(
    application: child.FunctionApplication,
) -> None:
    ask(application, "/x", headers=passed("ShopUrl None function-url BUFFERED"))
    [found] = application.inspector._exchanges
    for source in ("rest-api", "alb"):
        repeated = ask(
            application,
            f"/_lambda/exchanges/{found}/replay",
            "POST",
            headers=passed(None),
            json={"source": source, "path": "/items/8"},
        )
        assert repeated.status_code == 200, repeated.text
    answers = [each.answer for each in application.inspector._exchanges.values()]
    assert [answer and answer.status for answer in answers] == [200, 200, 200]


def test_lifespan(application: child.FunctionApplication, problems: list[str | None]) -> None:
    async def main() -> list[str]:
        async with alive(application) as sent:
            pass
        return [message["type"] for message in sent]

    assert anyio.run(main) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert problems == []


def test_lifespan_that_fails(
    application: child.FunctionApplication,
    problems: list[str | None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        async with alive(application):
            pass

    monkeypatch.setenv("FAILS", "1")
    anyio.run(main)
    assert problems == ["no database"]


def test_tells_the_parent_once() -> None:
    read_end, write_end = os.pipe()
    ready = child.Ready(write_end)
    ready("broken")
    ready(None)
    with os.fdopen(read_end) as pipe:
        assert pipe.read() == '"broken"\n'


def test_modules_are_looked_for_in_the_folder_first(task: child.Task, modules: None) -> None:
    function = task["function"]
    installed = Path(function.folder, ".venv", "lib", "python{}.{}".format(*sys.version_info))
    (installed / "site-packages").mkdir(parents=True)
    before = [path for path in sys.path if path not in ("", function.folder)]
    child.find_modules(function._replace(layers=["/layer"]))
    site_packages = str(installed / "site-packages")
    assert sys.path == [function.folder, "/layer", site_packages, *before]


def test_ends_with_its_orders() -> None:
    class Server:
        should_exit = False

    server: Any = Server()
    read_end, write_end = os.pipe()
    os.write(write_end, b"anything")
    os.close(write_end)
    child._obey(read_end, server)
    os.close(read_end)
    assert server.should_exit
