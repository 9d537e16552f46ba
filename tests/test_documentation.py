"""The documentation tells the truth: its code and its commands run, its links lead somewhere."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from asgi_lambda import Handler
from asgi_lambda.local.events import build
from asgi_lambda.local.request import Deployment, Request
from tests.pages import BLOCKS, CHECKOUT, FENCED, PAGES, README, Block, answer, block_of, name, run

_LINK: Final = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ (?P<text>.+)$", re.M)

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
    for match in _LINK.finditer(FENCED.sub("", page.read_text()))
    if "://" not in match["target"]
]


def anchor(heading: str) -> str:
    """The fragment by which a heading is linked to."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


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


def test_behind_a_base_path_the_setting_of_the_page_is_enough() -> None:
    handler = run(block_of("docs/root-path.md", '"/shop"'))["handler"]
    event = build("http-api", Request("GET", "/docs", [], b""), Deployment(None, "/shop", ()))

    assert "'/shop/openapi.json'" in handler(event, None)["body"]
    handler.shutdown()


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
