"""The tables of the documentation say what the code does."""

from __future__ import annotations

import ast
import inspect
from typing import Final

import pytest

import asgi_lambda
from asgi_lambda import adapt
from asgi_lambda.local.events import BUILDERS, WEBSOCKET, build
from asgi_lambda.local.request import Deployment, Request
from asgi_lambda.sources import detect
from asgi_lambda.sources.source import LAMBDA_LIMIT
from asgi_lambda.websocket.outbox import LARGEST
from tests.pages import CHECKOUT, README, rows

ROOT_PATHS: Final = rows(CHECKOUT / "docs/root-path.md", "## What you get without any setting")


def test_options_are_all_there_with_their_defaults() -> None:
    documented = {cells[0].strip("`"): cells[1].strip("`") for cells in rows(README, "## Options")}
    parameters = inspect.signature(adapt).parameters.values()

    actual = {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}

    assert {option: ast.literal_eval(text) for option, text in documented.items()} == actual
    assert list(documented) == list(actual)


def test_front_doors_of_the_readme_are_those_of_the_command_line() -> None:
    documented = {cells[1].strip("`"): cells for cells in rows(README, "## Front doors")}

    assert documented.keys() == {*BUILDERS, WEBSOCKET}


@pytest.mark.parametrize("source", BUILDERS)
def test_limit_of_a_front_door_is_the_one_in_the_readme(source: str) -> None:
    documented = {cells[1].strip("`"): cells[4] for cells in rows(README, "## Front doors")}
    detected = detect(build(source, Request("GET", "/", [], b""), Deployment(None, "", ())))

    assert detected is not None
    assert detected.name == source
    assert documented[source] == f"{detected.limit:,} bytes"


def test_limit_of_a_message_is_the_one_in_the_readme() -> None:
    documented = {cells[1].strip("`"): cells[4] for cells in rows(README, "## Front doors")}

    assert documented[WEBSOCKET] == f"{LARGEST:,} bytes a message"


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


def test_readme_names_every_error() -> None:
    text = README.read_text()
    errors = [each for each in asgi_lambda.__all__ if isinstance(getattr(asgi_lambda, each), type)]

    assert [each for each in errors if f"`{each}`" not in text] == []
