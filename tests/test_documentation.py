"""The documentation tells the truth: its code runs, its tables and links are right."""

from __future__ import annotations

import ast
import inspect
import linecache
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

import asgi_lambda
from asgi_lambda import Handler, adapt
from asgi_lambda.local.events import BUILDERS, build
from asgi_lambda.local.request import Deployment, Request
from asgi_lambda.sources import detect
from asgi_lambda.sources.source import LAMBDA_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT: Final = Path(__file__).parent.parent
README: Final = CHECKOUT / "README.md"
PAGES: Final = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")])

_BLOCK: Final = re.compile(r"^```(?P<language>[^\n]*)\n(?P<text>.*?)^```$", re.M | re.S)
_LINK: Final = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ (?P<text>.+)$", re.M)


class Block(NamedTuple):
    """A fenced block of a page; language: all that stands behind the fence."""

    page: Path
    line: int
    language: str
    text: str


def blocks() -> Iterator[Block]:
    for page in PAGES:
        content = page.read_text()
        for match in _BLOCK.finditer(content):
            line = content.count("\n", 0, match.start()) + 1
            yield Block(page, line, match["language"], match["text"])


def name(page: Path) -> str:
    return str(page.relative_to(CHECKOUT))


BLOCKS: Final = list(blocks())
PYTHON: Final = [
    pytest.param(block, id=f"{name(block.page)}:{block.line}")
    for block in BLOCKS
    if block.language.startswith("python")
]
RUNNABLE: Final = [
    pytest.param(block, id=f"{name(block.page)}:{block.line}")
    for block in BLOCKS
    if block.language == "python runnable"
]
COMMANDS: Final = [
    pytest.param(command, id=f"{name(block.page)}-{command.replace('/', '_')}")
    for block in BLOCKS
    if block.language == "sh"
    for command in block.text.splitlines()
]
LINKS: Final = [
    pytest.param(page, match["target"], id=f"{name(page)}-{match['target']}")
    for page in PAGES
    for match in _LINK.finditer(_BLOCK.sub("", page.read_text()))
    if "://" not in match["target"]
]


def rows(page: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    _, found, rest = page.read_text().partition(f"\n{heading}\n")
    assert found, f"{name(page)} has no heading {heading!r}"
    lines = rest[rest.index("\n|") + 1 :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def anchor(heading: str) -> str:
    """The fragment by which a heading is linked to."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def answer(handler: Handler, path: str) -> dict[str, Any]:
    request = Request("GET", path, [("host", "example.com")], b"")
    response: dict[str, Any] = handler(build("http-api", request, Deployment(None, "", ())))
    return response


def run(block: Block) -> dict[str, Any]:
    """The names that a block defines."""
    # Some frameworks look for the module of what they are given, and read its source.
    module = sys.modules["documentation"] = ModuleType("documentation")
    source = f"<{name(block.page)}:{block.line}>"
    linecache.cache[source] = len(block.text), None, block.text.splitlines(keepends=True), source
    # This module's own `from __future__` would turn the annotations of the block into text.
    exec(compile(block.text, source, "exec", dont_inherit=True), vars(module))
    return vars(module)


@pytest.mark.parametrize("block", PYTHON)
def test_python_compiles(block: Block) -> None:
    assert ast.parse(block.text).body


@pytest.mark.parametrize("block", RUNNABLE)
def test_runnable_block_makes_a_handler_that_answers(
    block: Block, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Lambda says where it is; clients of AWS ask for that when they are made.
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    handler = run(block)["handler"]

    assert isinstance(handler, Handler)
    try:
        # An application without that route says so, and only that.
        assert answer(handler, "/")["statusCode"] in (200, 204, 404)
    finally:
        handler.shutdown()


ROOT_PATHS: Final = rows(CHECKOUT / "docs/root-path.md", "## What you get without any setting")


def block_of(page: str, *words: str) -> Block:
    """The one runnable block of a page that has these words."""
    [block] = [
        block
        for block in BLOCKS
        if block.language == "python runnable"
        and name(block.page) == page
        and all(word in block.text for word in words)
    ]
    return block


def test_first_example_of_the_readme_answers() -> None:
    handler = run(block_of("README.md", "read_item"))["handler"]

    assert answer(handler, "/items/7")["body"] == '{"item_id":7}'
    assert answer(handler, "/items/x")["statusCode"] == 422
    handler.shutdown()


def test_example_of_the_lifespan_shares_its_state() -> None:
    handler = run(block_of("docs/lifespan.md", "greeting"))["handler"]

    assert answer(handler, "/")["body"] == '{"greeting":"hello"}'
    handler.shutdown()


def test_example_of_the_deadlines_gives_a_slow_request_up() -> None:
    handler = run(block_of("docs/deadlines.md", "/slow"))["handler"]

    assert answer(handler, "/slow")["statusCode"] == 504
    assert answer(handler, "/")["statusCode"] == 204


def test_example_of_on_event_takes_a_queue_and_a_ping(capsys: pytest.CaptureFixture[str]) -> None:
    handler = run(block_of("docs/events.md", "on_event"))["handler"]

    result = handler({"Records": [{"eventSource": "aws:sqs", "body": "a message"}]}, None)

    assert result == {"batchItemFailures": []}
    assert capsys.readouterr().out == "a message\n"
    assert handler({"ping": True}, None) == {"status": "warm"}
    handler.shutdown()


def test_example_of_stripping_hides_the_stage() -> None:
    handler = run(block_of("docs/root-path.md", "strip_root_path"))["handler"]
    request = Request("GET", "/items", [], b"")

    response = handler(build("rest-api", request, Deployment("prod", "", ())), None)

    assert response["body"] == "/items"


@pytest.mark.parametrize("command", COMMANDS)
def test_command_exists_and_works(command: str) -> None:
    program, *arguments = shlex.split(command)
    if program == "python3":
        done = subprocess.run(
            [sys.executable, *arguments], cwd=CHECKOUT, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout
    else:
        # Running the checks from within the checks would never end.
        assert command == "scripts/check"
        script = CHECKOUT / program
        assert script.stat().st_mode & 0o111
        subprocess.run(["bash", "-n", script], check=True)


def test_readme_has_a_command_for_a_request_and_one_for_the_checks() -> None:
    commands = [
        block.text.strip() for block in BLOCKS if (block.page, block.language) == (README, "sh")
    ]

    assert commands == [
        "python3 -m asgi_lambda invoke examples.hello.app:handler '/some/path?x=1'",
        "scripts/check",
    ]


def test_options_are_all_there_with_their_defaults() -> None:
    documented = {cells[0].strip("`"): cells[1].strip("`") for cells in rows(README, "## Options")}
    parameters = inspect.signature(adapt).parameters.values()

    actual = {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}

    assert {option: ast.literal_eval(text) for option, text in documented.items()} == actual
    assert list(documented) == list(actual)


def test_front_doors_of_the_readme_are_those_of_the_command_line() -> None:
    documented = {cells[1].strip("`"): cells for cells in rows(README, "## Front doors")}

    assert documented.keys() == set(BUILDERS)


@pytest.mark.parametrize("source", BUILDERS)
def test_limit_of_a_front_door_is_the_one_in_the_readme(source: str) -> None:
    documented = {cells[1].strip("`"): cells[4] for cells in rows(README, "## Front doors")}
    detected = detect(build(source, Request("GET", "/", [], b""), Deployment(None, "", ())))

    assert detected is not None
    assert detected.name == source
    assert documented[source] == f"{detected.limit:,} bytes"


def test_limits_of_the_pages_are_the_limits() -> None:
    documented = {
        cells[2] for cells in rows(CHECKOUT / "docs/front-doors.md", "## Sizes and times")
    }

    assert documented == {f"{LAMBDA_LIMIT:,} bytes", f"{1024 * 1024:,} bytes"}


# What the first column of the table in root-path.md stands for: sources, stage and base path.
CALLS: Final = {
    "REST API, its own address, stage `prod`: `/prod/items`": (["rest-api"], "prod", ""),
    "REST API, custom domain that maps `/shop` to it: `/shop/items`": (["rest-api"], None, "/shop"),
    "HTTP API, its own address, stage `$default`: `/items`": (
        ["http-api", "http-api-v1"],
        None,
        "",
    ),
    "HTTP API, its own address, stage `dev`: `/dev/items`": (
        ["http-api", "http-api-v1"],
        "dev",
        "",
    ),
    "HTTP API 1.0, custom domain that maps `/shop` to it: `/shop/items`": (
        ["http-api-v1"],
        None,
        "/shop",
    ),
    "HTTP API 2.0, custom domain that maps `/shop` to it: `/shop/items`": (
        ["http-api"],
        None,
        "/shop",
    ),
    "Function URL or ALB: `/items`": (["function-url", "alb", "alb-multi-value"], None, ""),
}


def test_root_path_table_has_the_calls_that_are_tried_here() -> None:
    assert [cells[0] for cells in ROOT_PATHS] == list(CALLS)


@pytest.mark.parametrize("cells", [pytest.param(cells, id=cells[0]) for cells in ROOT_PATHS])
def test_root_path_table_is_right(cells: list[str]) -> None:
    sources, stage, base_path = CALLS[cells[0]]
    for source in sources:
        event = build(source, Request("GET", "/items", [], b""), Deployment(stage, base_path, ()))
        detected = detect(event)
        assert detected is not None
        scope, _, _ = detected.parse(event)

        assert scope["path"] == cells[1].strip("`")
        assert scope["root_path"] == ("" if cells[2].startswith("empty") else cells[2].strip("`"))


def test_behind_a_base_path_the_setting_of_the_page_is_enough() -> None:
    handler = run(block_of("docs/root-path.md", '"/shop"'))["handler"]
    event = build("http-api", Request("GET", "/docs", [], b""), Deployment(None, "/shop", ()))

    assert "'/shop/openapi.json'" in handler(event, None)["body"]
    handler.shutdown()


def test_readme_names_every_error() -> None:
    text = README.read_text()
    errors = [each for each in asgi_lambda.__all__ if isinstance(getattr(asgi_lambda, each), type)]

    assert [each for each in errors if f"`{each}`" not in text] == []


@pytest.mark.parametrize(("page", "target"), LINKS)
def test_link_leads_somewhere(page: Path, target: str) -> None:
    path, _, fragment = target.partition("#")
    linked = (page.parent / path).resolve() if path else page

    assert linked.exists()
    if fragment:
        headings = [match["text"] for match in _HEADING.finditer(linked.read_text())]
        assert fragment in map(anchor, headings)


def test_tour_names_modules_that_exist() -> None:
    tour = (CHECKOUT / "docs/development.md").read_text()
    named = set(re.findall(r"`([\w/*]+\.py)`", tour))
    folders = [CHECKOUT, *(CHECKOUT / "asgi_lambda" / each for each in ("", "loops", "sources"))]

    assert named
    assert [each for each in named if not any([*folder.glob(each)] for folder in folders)] == []
