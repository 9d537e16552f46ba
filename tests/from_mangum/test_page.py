"""Each row of the page's tables of behaviour has a test, and each such test a row."""

from __future__ import annotations

import ast
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.pages import CHECKOUT, rows

PAGE = CHECKOUT / "docs/from-mangum.md"
TABLES = {
    "test_lifespan.py": "## Start, end and event loop",
    "test_requests.py": "## Requests",
    "test_responses.py": "## Responses",
    "test_failures.py": "## When something goes wrong",
    "test_events.py": "## Events",
}


def name_of_test(text: str) -> str:
    """The name of the test for a row, by its first cell."""
    return "test_" + "_".join(re.findall(r"[a-z0-9]+", text.lower()))


@pytest.mark.parametrize("module", TABLES)
def test_rows_are_tested(module: str) -> None:
    tree = ast.parse((Path(__file__).parent / module).read_text())
    tests = [
        each.name
        for each in tree.body
        if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")
    ]

    assert [name_of_test(cells[0]) for cells in rows(PAGE, TABLES[module])] == tests


def test_page_names_the_version_that_is_tested() -> None:
    assert f"Mangum {version('mangum')}" in PAGE.read_text()
