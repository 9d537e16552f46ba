"""The pages on frameworks say what the examples do, and their snippets answer behind a stage."""

from __future__ import annotations

import ast
import re
from typing import Any, Final

import pytest

from asgi_lambda.local.events import build
from asgi_lambda.local.request import Deployment, Request
from scripts.example import EXAMPLES, names
from tests.examples.systems import SYSTEMS
from tests.pages import CHECKOUT, block_of, rows, run

INDEX: Final = CHECKOUT / "docs/frameworks/README.md"
PAGES: Final = sorted(INDEX.parent.glob("*.md"))
CHOICES: Final = {cells[2]: cells for cells in rows(INDEX, "## What to write")}


def linked(name: str) -> str:
    return f"[{name}](../../examples/{name}/app.py)"


def arguments(call: ast.expr) -> dict[str, Any]:
    """The keyword arguments of a call whose values are written there."""
    assert isinstance(call, ast.Call)
    literals = (each for each in call.keywords if isinstance(each.value, ast.Constant))
    return {str(each.arg): ast.literal_eval(each.value) for each in literals}


def adapted(name: str) -> ast.expr:
    """The call of `adapt` with which an example ends."""
    last = ast.parse((EXAMPLES / name / "app.py").read_text()).body[-1]
    assert isinstance(last, ast.Assign)
    return last.value


def test_each_example_has_a_row_under_the_name_it_has_in_the_readme() -> None:
    in_order = [(cells[0], example) for example, cells in CHOICES.items()]

    assert {example for _, example in in_order} == {linked(name) for name in SYSTEMS}
    renamed = {"asgi2_function": "ASGI 2, a function", "asgi2_class": "ASGI 2, a class"}
    for name, title in SYSTEMS.items():
        assert CHOICES[linked(name)][0] == renamed.get(name, title)


@pytest.mark.parametrize("name", names())
def test_line_to_write_is_the_one_of_the_example(name: str) -> None:
    assert CHOICES[linked(name)][1] == f"`{ast.unparse(adapted(name))}`"


@pytest.mark.parametrize("name", names())
def test_page_of_an_example_names_it(name: str) -> None:
    [page] = re.findall(r"\((\S+\.md)\)", CHOICES[linked(name)][3])

    assert f"examples/{name}/app.py" in (INDEX.parent / page).read_text()


def test_every_page_is_in_the_index() -> None:
    linked_pages = {re.findall(r"\((\S+\.md)\)", cells[3])[0] for cells in CHOICES.values()}

    assert linked_pages == {page.name for page in PAGES} - {INDEX.name}


def test_frameworks_without_a_root_path_are_those_whose_examples_strip_it() -> None:
    settings = {
        framework: cells[1]
        for cells in rows(CHECKOUT / "docs/root-path.md", "## Frameworks that know no `root_path`")
        for framework in cells[0].split(", ")
    }
    by_title = {title: name for name, title in SYSTEMS.items()}

    # Datasette has a test, and no example.
    for framework in settings.keys() - {"Datasette"}:
        strips = arguments(adapted(by_title[framework])).get("strip_root_path", False)
        assert settings[framework] == ("`strip_root_path=True`" if strips else "none"), framework


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pins_are_those_of_the_examples(page: Any) -> None:
    required = [path.read_text() for path in EXAMPLES.glob("*/requirements.txt")]
    lines = {line.partition(";")[0].strip() for text in required for line in text.splitlines()}

    assert set(re.findall(r"[\w-]+==[\w.]+", page.read_text())) <= lines


@pytest.mark.parametrize(
    ("page", "words", "expected"),
    [
        ("plain-asgi", "async def app", "/prod/"),
        ("starlette", "greeting", "hello, see https://{host}/prod/"),
        ("quart", "GREETING", '{{"greeting":"hello","link":"https://{host}/prod/"}}\n'),
        ("routers", "Litestar", '{{"link":"https://{host}/prod/"}}'),
        ("routers", "blacksheep", "hello"),
    ],
)
def test_snippet_answers_behind_a_stage(page: str, words: str, expected: str) -> None:
    handler = run(block_of(f"docs/frameworks/{page}.md", words))["handler"]
    event = build("rest-api", Request("GET", "/", [], b""), Deployment("prod", "", ()))

    response = handler(event)

    assert response["statusCode"] == 200
    assert response["body"] == expected.format(host=event["requestContext"]["domainName"])
    handler.shutdown()
