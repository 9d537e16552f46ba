"""The pages of the documentation, as the tests of them read and run them."""

from __future__ import annotations

import linecache
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from asgi_lambda.local.events import build
from asgi_lambda.local.request import Deployment, Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_lambda import Handler

CHECKOUT: Final = Path(__file__).parent.parent
README: Final = CHECKOUT / "README.md"
PAGES: Final = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")])

FENCED: Final = re.compile(r"^```(?P<language>[^\n]*)\n(?P<text>.*?)^```$", re.M | re.S)


class Block(NamedTuple):
    """A fenced block of a page; language: all that stands behind the fence."""

    page: Path
    line: int
    language: str
    text: str


def blocks() -> Iterator[Block]:
    for page in PAGES:
        content = page.read_text()
        for match in FENCED.finditer(content):
            line = content.count("\n", 0, match.start()) + 1
            yield Block(page, line, match["language"], match["text"])


def name(page: Path) -> str:
    return str(page.relative_to(CHECKOUT))


BLOCKS: Final = list(blocks())


def rows(page: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    _, found, rest = page.read_text().partition(f"\n{heading}\n")
    assert found, f"{name(page)} has no heading {heading!r}"
    lines = rest[rest.index("\n|") + 1 :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


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


def run(block: Block) -> dict[str, Any]:
    """The names that a block defines."""
    # Some frameworks look for the module of what they are given, and read its source.
    module = sys.modules["documentation"] = ModuleType("documentation")
    source = f"<{name(block.page)}:{block.line}>"
    linecache.cache[source] = len(block.text), None, block.text.splitlines(keepends=True), source
    # This module's own `from __future__` would turn the annotations of the block into text.
    exec(compile(block.text, source, "exec", dont_inherit=True), vars(module))
    return vars(module)


def answer(handler: Handler, path: str) -> dict[str, Any]:
    request = Request("GET", path, [("host", "example.com")], b"")
    response: dict[str, Any] = handler(build("http-api", request, Deployment(None, "", ())))
    return response
