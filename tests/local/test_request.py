from __future__ import annotations

import uuid

import pytest

from asgi_lambda import ConfigurationError
from asgi_lambda.local.request import Deployment, Request, matches


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/", "/", ""),
        ("", "/", ""),
        ("?a=1", "/", "a=1"),
        ("items", "/items", ""),
        ("//x", "//x", ""),
        ("/a%2Fb%20c?d=%2B+e&d", "/a%2Fb%20c", "d=%2B+e&d"),
        ("/a?b?c", "/a", "b?c"),
        ("/a?b#c", "/a", "b"),
        ("/a#b?c", "/a", ""),
        ("/café x?ключ=|", "/caf%C3%A9%20x", "%D0%BA%D0%BB%D1%8E%D1%87=|"),
        ("/stray%", "/stray%", ""),
    ],
    ids=lambda value: repr(value),
)
def test_target(target: str, path: str, query: str) -> None:
    request = Request("GET", target)
    assert (request.path, request.query) == (path, query)


def test_values_of_a_header_by_any_spelling() -> None:
    request = Request("GET", "/", [("X-A", "1"), ("other", ""), ("x-a", "2")])
    assert request.values("x-a") == ["1", "2"]
    assert request.values("x-b") == []


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], ""),
        ([("Content-Type", "Text/HTML; charset=utf-8")], "text/html"),
        ([("content-type", "a/b"), ("content-type", "c/d")], "c/d"),
    ],
    ids=["none", "parameters", "last"],
)
def test_media_type(headers: list[tuple[str, str]], expected: str) -> None:
    assert Request("GET", "/", headers).media_type() == expected


def test_each_request_has_an_id_and_a_time() -> None:
    first, second = Request("GET", "/"), Request("GET", "/")
    assert uuid.UUID(first.id) != uuid.UUID(second.id)
    assert 0 <= second.received - first.received < 60_000


@pytest.mark.parametrize(
    ("given", "kept"),
    [("", ""), ("/", ""), ("v1", "/v1"), ("/v1/", "/v1"), ("/a/b", "/a/b")],
    ids=lambda value: repr(value),
)
def test_base_path(given: str, kept: str) -> None:
    assert Deployment(base_path=given).base_path == kept


@pytest.mark.parametrize("stage", ["", "/prod", "a/b"], ids=lambda value: repr(value))
def test_stage_that_is_none(stage: str) -> None:
    with pytest.raises(ConfigurationError, match="stage: expected a name"):
        Deployment(stage)


@pytest.mark.parametrize(
    ("media_type", "entries", "expected"),
    [
        ("image/png", [], False),
        ("image/png", ["image/png"], True),
        ("image/png", ["image/jpeg"], False),
        ("image/png", ["text/*", "image/*"], True),
        ("imagery/png", ["image/*"], False),
        ("image/png", ["*/*"], True),
        ("*/*", ["image/png"], False),
        ("image/*", ["image/png"], False),
        ("", ["*/*"], True),
    ],
)
def test_matches(media_type: str, entries: list[str], expected: bool) -> None:
    assert matches(media_type, entries) is expected
