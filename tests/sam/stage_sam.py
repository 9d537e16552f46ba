"""The template in SAM's containers; `tests/sam/run` has what this needs, and runs it.

Not collected with the other tests, which need no Docker. Without an engine it fails.
"""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import pytest

CHECKOUT: Final = Path(__file__).parents[2]
RUNTIME: Final = "Runtime=python3.11"


class Case(NamedTuple):
    """A request to an example, and what its answer has.

    front_door: as `asgi_lambda event --source` names it; of a REST API the stage is prod.
    """

    function: str
    target: str
    status: int
    text: str
    front_door: str = "http-api"
    arguments: tuple[str, ...] = ()


JSON = ("-H", "content-type: application/json")
CASES: Final = {
    "hello": Case("Hello", "/some/path?x=1", 200, "GET /some/path\nquery: x=1", "function-url"),
    "asgi2_function": Case("Asgi2Function", "/", 200, "olleh", arguments=("-d", "hello")),
    "asgi2_class": Case("Asgi2Class", "/here", 200, '"count": 1', "http-api-v1"),
    "scope_viewer": Case("ScopeViewer", "/a", 200, "root_path&quot;: &quot;/prod", "rest-api"),
    "starlette": Case("Starlette", "/books/1", 200, "Middlemarch", "alb-multi-value"),
    "fastapi": Case("FastAPI", "/items/0", 200, "/prod/items/0", "rest-api"),
    "quart": Case("Quart", "/books/2", 200, "/books/2"),
    "quart_trio": Case("QuartTrio", "/weather", 200, '{"north":-4.5,"south":21.0}'),
    "asgineer": Case("Asgineer", "/hello?name=you", 200, "Hello you"),
    "responder": Case("Responder", "/numbers/ada", 200, "1815"),
    "lemon": Case("Lemon", "/tasks/1", 200, "buy lemons"),
    "nardis": Case("Nardis", "/words/asgi", 200, "between server and application"),
    "bocadillo": Case("Bocadillo", "/prices/tortilla", 200, "tortilla: 8"),
    "django": Case("Django", "/", 200, "/entries"),
    "channels": Case("Channels", "/rooms/one", 200, '"room": "one"'),
    "sentry_asgi": Case("SentryAsgi", "/8", 200, "12.5"),
    "sentry_sdk": Case("SentrySdk", "/divide/8", 200, "12.5"),
    "litestar": Case("Litestar", "/seeds/0", 200, "lettuce"),
    "falcon": Case("Falcon", "/quotes/0", 200, "any problem", "rest-api"),
    "sanic": Case("Sanic", "/scores/ada", 200, '"score":7'),
    "blacksheep": Case("BlackSheep", "/sheep/0", 200, "Dolly"),
    "mcp": Case(
        "Mcp",
        "/mcp",
        200,
        '"tools"',
        "function-url",
        (
            *("-H", "accept: application/json, text/event-stream", *JSON),
            *("-d", '{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}'),
        ),
    ),
    # No AWS service is in reach: these routes ask none.
    "notes": Case("Notes", "/openapi.json", 200, '"title":"Notes"'),
    "files": Case("Files", "/", 200, "<title>Files</title>"),
}


def run(*command: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
    """A command in the checkout, which has to succeed."""
    result = subprocess.run(
        command, cwd=CHECKOUT, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert result.returncode == 0, f"{' '.join(command)}\n{result.stdout}\n{result.stderr}"
    return result


def event(case: Case) -> str:
    """The event that the front door of a case would send."""
    options = ["--source", case.front_door, *case.arguments]
    if case.front_door == "rest-api":
        options += ["--stage", "prod"]
    return run(sys.executable, "-m", "asgi_lambda", "event", case.target, *options).stdout


@pytest.fixture(scope="session")
def built() -> Path:
    """The template as `sam build` leaves it, with every function."""
    run("sam", "build", "--parameter-overrides", RUNTIME, timeout=1500)
    return CHECKOUT / ".aws-sam" / "build" / "template.yaml"


def test_template_is_valid() -> None:
    assert "is a valid SAM Template" in run("sam", "validate", "--lint").stdout


def test_every_example_has_its_request(built: Path) -> None:
    folders = {path.parent.name for path in CHECKOUT.glob("examples/*/app.py")}
    functions = re.findall(
        r"^  (\w+):\n    Type: AWS::Serverless::Function$", built.read_text(), re.M
    )

    assert folders == set(CASES)
    assert set(functions) == {case.function for case in CASES.values()}


@pytest.mark.parametrize("name", CASES)
def test_example_answers_in_its_container(built: Path, name: str, tmp_path: Path) -> None:
    case = CASES[name]
    path = tmp_path / "event.json"
    path.write_text(event(case))

    result = run(
        *("sam", "local", "invoke", case.function, "--event", str(path), "--skip-pull-image"),
        *("--parameter-overrides", RUNTIME),
    )

    response = json.loads(result.stdout.strip().splitlines()[-1])
    assert response["statusCode"] == case.status, result.stderr
    body = response["body"]
    if response["isBase64Encoded"]:
        body = base64.b64decode(body).decode("latin-1")
    assert case.text in body


# A template with one example, as docs/deploy.md has it, for the API of one example at one port.
ONE: Final = re.search(
    r"^```yaml\n(?P<template>.*?)^```$",
    (CHECKOUT / "docs/deploy.md").read_text(),
    re.M | re.S,
)

# What is asked of the API: an application that says what it was asked, in the style of an example.
APPLICATION: Final = """
from asgi_lambda import adapt

async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    message = await receive()
    status, headers, body = 200, [], message["body"]
    if scope["path"] == "/cookies":
        headers = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2; Path=/")]
    elif scope["path"] == "/query":
        body = scope["query_string"]
    elif scope["path"] == "/moved":
        status, headers = 303, [(b"location", b"/query?moved=yes")]
    elif scope["path"] != "/bytes":
        status, body = 404, b"nothing here"
    headers.append((b"content-type", b"application/octet-stream"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

handler = adapt(app)
"""


@contextmanager
def serving(folder: Path, template: Path) -> Iterator[str]:
    """The address of `sam local start-api` for a template that is built."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "api.log"
    command = ["sam", "local", "start-api", "--template", str(template), "--skip-pull-image"]
    command += ["--port", str(port), "--warm-containers", "EAGER", "--host", "127.0.0.1"]
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL
        ) as process,
    ):
        try:
            deadline = time.monotonic() + 180
            while "Running on" not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            # As Ctrl-C does it, so that SAM removes its container.
            process.send_signal(2)
            process.wait(60)


def build_one(folder: Path, example: str) -> Path:
    """The template of one example, built. example: a folder, from the checkout."""
    assert ONE is not None
    template = CHECKOUT / f".one-{os.getpid()}.yaml"
    template.write_text(ONE["template"].replace("python3.13", "python3.11"))
    try:
        run(
            *("sam", "build", "--template", str(template), "--build-dir", str(folder / "build")),
            *("--parameter-overrides", f"Example={example}", "--no-cached"),
        )
    finally:
        template.unlink()
    return folder / "build" / "template.yaml"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An API in front of the application above."""
    folder = tmp_path_factory.mktemp("api")
    (folder / "example").mkdir()
    (folder / "example" / "app.py").write_text(APPLICATION)
    (folder / "example" / "requirements.txt").write_text("")
    # From examples/, whose name the template puts before it.
    template = build_one(folder, os.path.relpath(folder / "example", CHECKOUT / "examples"))
    with serving(folder, template) as address:
        yield address


def test_api_bytes_both_ways(api: str) -> None:
    content = bytes(range(256)) * 40

    answer = httpx.post(
        f"{api}/bytes", content=content, headers={"content-type": "application/octet-stream"}
    )

    assert (answer.status_code, answer.content) == (200, content)


def test_api_repeated_query(api: str) -> None:
    answer = httpx.get(f"{api}/query?a=1&a=2&b=%C3%A9")

    assert answer.text == "a=1&a=2&b=%C3%A9"


def test_api_two_cookies(api: str) -> None:
    answer = httpx.get(f"{api}/cookies")

    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2; Path=/"]


def test_api_head(api: str) -> None:
    answer = httpx.head(f"{api}/query?a=1")

    assert (answer.status_code, answer.content) == (200, b"")


def test_api_redirect_and_absence(api: str) -> None:
    assert httpx.get(f"{api}/moved", follow_redirects=True).text == "moved=yes"
    absent = httpx.get(f"{api}/absent")
    assert (absent.status_code, absent.text) == (404, "nothing here")


def test_api_of_an_example(tmp_path: Path) -> None:
    """A browser's request to Quart, whose cookies lead it back."""
    with (
        serving(tmp_path, build_one(tmp_path, "quart")) as address,
        httpx.Client(base_url=address, follow_redirects=True) as browser,
    ):
        browser.headers["accept"] = "text/html,application/xhtml+xml"
        book = browser.get("/books/2")
        assert (book.status_code, book.json()["title"]) == (200, "Čapek: R.U.R.")
        # SAM marks cookies as they came; this one is for any connection.
        assert browser.get("/last").json()["title"] == "Čapek: R.U.R."
        assert browser.get("/absent").status_code == 404


def test_no_container_is_left() -> None:
    deadline = time.monotonic() + 30
    # SAM removes its containers when its process is already gone.
    while "lambda" in (images := run("docker", "ps", "--format", "{{.Image}}").stdout):
        assert time.monotonic() < deadline, images
        time.sleep(0.2)
