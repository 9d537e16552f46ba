"""Every example of the template, in a container as Lambda's.

Not collected with the other tests, which need no Docker: `tests/sam/run` names the file.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

# Installed for these tests only.
from samcli.lib.package.ecr_utils import is_ecr_url  # type: ignore[import-not-found]
from samcli.lib.providers.sam_function_provider import (  # type: ignore[import-not-found]
    SamFunctionProvider,
)
from samcli.lib.providers.sam_stack_provider import (  # type: ignore[import-not-found]
    SamLocalStackProvider,
)

from tests.sam.commands import CHECKOUT, RUNTIME, asgi_lambda, run

if TYPE_CHECKING:
    from pathlib import Path


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
    "chat": Case("Chat", "/", 200, "<title>Chat</title>"),
    "server_sent_events": Case(
        "ServerSentEvents", "/countdown?from=1", 200, "id: 0\ndata: 0\n", "function-url"
    ),
    "background_tasks": Case(
        "BackgroundTasks", "/orders", 202, '"number":1', arguments=("-d", '{"to": "ada"}')
    ),
    "large_csv": Case("LargeCsv", "/readings.csv?rows=99999", 200, "\n99998,2026-", "rest-api"),
}
# Functions whose case is answered by a stream.
STREAMED: Final = ["Mcp", "ServerSentEvents", "LargeCsv"]
# Those that wait for a parameter. SAM knows no conditions, and lists and builds them all the same,
# but for an image without a Dockerfile.
CONDITIONAL: Final = ["Container", "Instances"]


@pytest.fixture(scope="module")
def built() -> Path:
    """The template as `sam build` leaves it, with every function."""
    run("sam", "build", "--parameter-overrides", RUNTIME, timeout=900)
    return CHECKOUT / ".aws-sam" / "build" / "template.yaml"


def test_template_is_valid() -> None:
    assert "is a valid SAM Template" in run("sam", "validate", "--lint")


def test_every_example_is_built_and_has_its_request(built: Path) -> None:
    folders = {path.parent.name for path in CHECKOUT.glob("examples/*/app.py")}
    functions = re.findall(
        r"^  (\w+):\n    Type: AWS::Serverless::Function$", built.read_text(), re.M
    )

    # Nobody asked for the image.
    assert "container:" not in built.read_text()
    assert folders == set(CASES)
    assert sorted(functions) == sorted([*CONDITIONAL, *(case.function for case in CASES.values())])
    for folder, case in CASES.items():
        source = CHECKOUT / "examples" / folder / "app.py"
        assert (built.parent / case.function / "app.py").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("example", CASES)
def test_example_answers_in_its_container(built: Path, example: str, tmp_path: Path) -> None:
    case = CASES[example]
    event = tmp_path / "event.json"
    event.write_text(
        asgi_lambda("event", case.target, "--source", case.front_door, *case.arguments)
    )

    output = run(
        *("sam", "local", "invoke", case.function, "--event", str(event), "--skip-pull-image"),
        *("--parameter-overrides", RUNTIME),
    )

    status, body = answer(output)
    assert (status, case.text in body) == (case.status, True), body
    assert ("\0" * 8 in output) == (case.function in STREAMED)


@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")  # of SAM's own
def test_no_deployment_looks_for_an_image_that_nobody_asked_for() -> None:
    """Before a guided deployment SAM asks Docker for images that are in no registry."""
    stacks, _ = SamLocalStackProvider.get_stacks(str(CHECKOUT / "template.yaml"))
    functions = SamFunctionProvider(stacks, ignore_code_extraction_warnings=True).get_all()

    images = {each.name: each.imageuri for each in functions if each.packagetype == "Image"}

    assert list(images) == ["Container"]
    assert is_ecr_url(images["Container"])


def test_function_for_instances_answers_in_its_container(built: Path, tmp_path: Path) -> None:
    """SAM says by AWS_LAMBDA_MAX_CONCURRENCY how many there may be; this is one."""
    event = tmp_path / "event.json"
    event.write_text(asgi_lambda("event", "/items/0"))

    output = run(
        *("sam", "local", "invoke", "Instances", "--event", str(event), "--skip-pull-image"),
        *("--parameter-overrides", RUNTIME),
    )

    status, body = answer(output)
    assert (status, "/items/0" in body) == (200, True), body


def answer(output: str) -> tuple[int, str]:
    """Status and body of what SAM prints: a stream begins with a prelude, else all is JSON."""
    prelude, streamed, body = output.partition("\0" * 8)
    if streamed:
        return json.loads(prelude.splitlines()[-1])["statusCode"], body
    response = json.loads(output.splitlines()[-1])
    body = response["body"]
    if response["isBase64Encoded"]:
        body = base64.b64decode(body).decode()
    return response["statusCode"], body
