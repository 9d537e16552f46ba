"""Paths and queries: as delivered, as scope values, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgi_lambda import url

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import HTTPScope

# Half a surrogate pair is no text that UTF-8 can write.
TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]))
SEGMENT: Final = st.text("abc%é ?#-", min_size=1, max_size=5)
PREFIX: Final = st.lists(SEGMENT, min_size=1, max_size=3).map(lambda all: "/" + "/".join(all))


@pytest.mark.parametrize(
    ("path", "rooted"),
    [("/a", "/a"), ("a", "/a"), ("//a", "//a"), ("/", "/"), ("", "/"), (None, "/")],
)
def test_every_path_begins_with_a_slash(path: str | None, rooted: str) -> None:
    assert url.rooted(path) == rooted


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("/a+b", "/a+b"),
        ("/caf%C3%A9", "/café"),
        ("/a%2Fb", "/a/b"),
        ("/%2541", "/%41"),
        ("/100%", "/100%"),
        ("/%FF", "/\ufffd"),
        ("/%zz", "/%zz"),
    ],
)
def test_decode_decodes_once(text: str, decoded: str) -> None:
    assert url.decode(text) == decoded


@pytest.mark.parametrize(
    ("path", "encoded"),
    [
        ("/a-b._~!$&'()*+,;=:@/", b"/a-b._~!$&'()*+,;=:@/"),
        ("/a b", b"/a%20b"),
        ("/100%", b"/100%25"),
        ("/?#[]|", b"/%3F%23%5B%5D%7C"),
        ("/é😀", b"/%C3%A9%F0%9F%98%80"),
    ],
)
def test_encode_path(path: str, encoded: bytes) -> None:
    assert url.encode_path(path) == encoded


@pytest.mark.parametrize(
    ("path", "encoded"),
    [
        ("/a%20b%2f|[]", b"/a%20b%2f|[]"),
        ("/a b", b"/a%20b"),
        ("/é?#", b"/%C3%A9%3F%23"),
        ("/100%", b"/100%"),
    ],
)
def test_a_typed_path_keeps_its_escapes(path: str, encoded: bytes) -> None:
    assert url.typed_path(path) == encoded


@pytest.mark.parametrize(
    ("query", "encoded"),
    [
        ("a=1&b=%20+|?/", b"a=1&b=%20+|?/"),
        ("?a=1", b"a=1"),
        ("??a=1", b"?a=1"),
        ("a=b c#é", b"a=b%20c%23%C3%A9"),
        ("", b""),
    ],
)
def test_a_typed_query_keeps_its_escapes(query: str, encoded: bytes) -> None:
    assert url.query(query) == encoded


@pytest.mark.parametrize(
    ("raw", "decoded", "query"),
    [
        pytest.param("a=%20", {"a": "other"}, b"a=%20", id="raw-wins"),
        pytest.param("", {"a": "other"}, b"", id="empty-raw-wins"),
        pytest.param(None, {"a b": "1&2", "c": None}, b"a%20b=1%262&c=", id="decoded"),
        pytest.param(None, None, b"", id="neither"),
    ],
)
def test_query(raw: str | None, decoded: Any, query: bytes) -> None:
    assert url.query(raw, decoded) == query


@pytest.mark.parametrize(
    ("multiple", "single", "parameters"),
    [
        pytest.param(
            {"a": ["1", "2"], "b": ["3"]},
            {"a": "2", "b": "3"},
            [("a", "1"), ("a", "2"), ("b", "3")],
            id="lists-win",
        ),
        pytest.param({"a": []}, None, [("a", "")], id="empty-list"),
        pytest.param({"a": None}, None, [("a", "")], id="null-list"),
        pytest.param({}, {"a": "1"}, [("a", "1")], id="no-lists"),
        pytest.param(None, {"a": None}, [("a", "")], id="null-value"),
        pytest.param(None, None, [], id="neither"),
    ],
)
def test_parameters(multiple: Any, single: Any, parameters: list[tuple[str, str]]) -> None:
    assert list(url.parameters(multiple, single)) == parameters


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("/", True),
        ("/a%2Fb%c3%A9", True),
        ("/a|b[]", True),
        ("/a b", False),
        ("/é", False),
        ("/a?", False),
        ("/a#", False),
        ("/a\x00", False),
        ("/100%", False),
        ("/1%0", False),
        ("/%zz", False),
        ("/%0z", False),
    ],
)
def test_is_typed_path(path: str, typed: bool) -> None:
    assert url.is_typed_path(path) is typed


@pytest.mark.parametrize(
    ("path", "prefix", "under"),
    [
        ("/prod", "/prod", True),
        ("/prod/", "/prod", True),
        ("/prod/x", "/prod", True),
        ("/product", "/prod", False),
        ("/x/prod", "/prod", False),
        ("/", "/prod", False),
        ("/prod/x/y", "/prod/x", True),
    ],
)
def test_a_prefix_ends_at_a_segment(path: str, prefix: str, under: bool) -> None:
    assert url.has_prefix(path, prefix) is under


@pytest.mark.parametrize(
    ("path", "resource", "parameters", "base"),
    [
        pytest.param("/b/users", "/users", None, "/b", id="plain"),
        pytest.param("/users", "/users", None, "", id="nothing-in-front"),
        pytest.param("/b/c/users/7", "/users/{id}", {"id": "7"}, "/b/c", id="parameter"),
        pytest.param("/b/7/x/8", "/{a}/x/{b}", {"a": "7", "b": "8"}, "/b", id="parameters"),
        pytest.param("/b/x/y", "/{proxy+}", {"proxy": "x/y"}, "/b", id="greedy"),
        pytest.param("/b/x/y/", "/{proxy+}", {"proxy": "x/y"}, "/b", id="greedy-trailing-slash"),
        pytest.param("/b/x/y", "/{proxy+}", {"proxy": "/x/y"}, "/b", id="greedy-leading-slash"),
        pytest.param("/b/u/x", "/u/{proxy+}", {"proxy": "x"}, "/b", id="greedy-behind-a-segment"),
        pytest.param("/b/caf%C3%A9", "/{x}", {"x": "caf%C3%A9"}, "/b", id="encoded"),
        pytest.param("/b/", "/", None, "/b", id="root"),
        pytest.param("/b", "/", None, "/b", id="root-without-slash"),
        pytest.param("/", "/", None, "", id="root-alone"),
        pytest.param("/b/superusers", "/users", None, "", id="no-segment-boundary"),
        pytest.param("/b/other", "/users", None, "", id="another-route"),
        pytest.param("/b/x", "$default", None, "", id="default-route"),
        pytest.param("/b/x", "", None, "", id="unknown-route"),
        pytest.param("/b/7", "/{id}", None, "", id="parameter-without-value"),
    ],
)
def test_base_path(path: str, resource: str, parameters: Any, base: str) -> None:
    assert url.base_path(path, resource, parameters) == base


def scope_of(*, path: str, root_path: str = "", raw_path: bytes | None = None) -> HTTPScope:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": path,
        "raw_path": url.encode_path(path) if raw_path is None else raw_path,
        "query_string": b"",
        "root_path": root_path,
        "headers": [],
        "client": None,
        "server": ("localhost", 443),
    }


def paths_of(scope: HTTPScope) -> tuple[str, bytes, str]:
    return scope["path"], scope["raw_path"], scope["root_path"]


@pytest.mark.parametrize(
    ("scope", "root_path", "paths"),
    [
        pytest.param(scope_of(path="/x"), "/api", ("/api/x", b"/api/x", "/api"), id="added"),
        pytest.param(scope_of(path="/"), "/api", ("/api/", b"/api/", "/api"), id="added-to-root"),
        pytest.param(
            scope_of(path="/api/x"), "/api", ("/api/x", b"/api/x", "/api"), id="there-already"
        ),
        pytest.param(scope_of(path="/api"), "/api", ("/api", b"/api", "/api"), id="there-alone"),
        pytest.param(
            scope_of(path="/apis"), "/api", ("/api/apis", b"/api/apis", "/api"), id="no-segment"
        ),
        pytest.param(
            scope_of(path="/prod/x", root_path="/prod"),
            "/api",
            ("/api/x", b"/api/x", "/api"),
            id="in-place-of-the-stage",
        ),
        pytest.param(
            scope_of(path="/prod/api/x", root_path="/prod"),
            "/api",
            ("/api/x", b"/api/x", "/api"),
            id="behind-the-stage",
        ),
        pytest.param(
            scope_of(path="/prod/x", root_path="/prod"),
            "/prod",
            ("/prod/x", b"/prod/x", "/prod"),
            id="the-stage-itself",
        ),
        pytest.param(
            scope_of(path="/a b", raw_path=b"/a%20b"),
            "/é",
            ("/é/a b", b"/%C3%A9/a%20b", "/é"),
            id="encoded",
        ),
    ],
)
def test_mount(scope: HTTPScope, root_path: str, paths: tuple[str, bytes, str]) -> None:
    url.mount(scope, root_path)
    assert paths_of(scope) == paths


def test_mounting_twice_adds_no_second_prefix() -> None:
    scope = scope_of(path="/x")
    url.mount(scope, "/api")
    url.mount(scope, "/api")
    assert paths_of(scope) == ("/api/x", b"/api/x", "/api")


@pytest.mark.parametrize(
    ("scope", "paths"),
    [
        pytest.param(scope_of(path="/x"), ("/x", b"/x", ""), id="none"),
        pytest.param(
            scope_of(path="/prod/x", root_path="/prod"), ("/x", b"/x", ""), id="one-segment"
        ),
        pytest.param(scope_of(path="/prod", root_path="/prod"), ("/", b"/", ""), id="prefix-alone"),
        pytest.param(scope_of(path="/prod/", root_path="/prod"), ("/", b"/", ""), id="root"),
        pytest.param(
            scope_of(path="/b/prod/x/y/", root_path="/b/prod"),
            ("/x/y/", b"/x/y/", ""),
            id="two-segments",
        ),
        pytest.param(
            scope_of(path="/prod//x", root_path="/prod"), ("//x", b"//x", ""), id="double-slash"
        ),
        pytest.param(
            scope_of(path="/prod/a b", raw_path=b"/%70rod/a%20b", root_path="/prod"),
            ("/a b", b"/a%20b", ""),
            id="prefix-typed-as-escapes",
        ),
    ],
)
def test_unmount(scope: HTTPScope, paths: tuple[str, bytes, str]) -> None:
    url.unmount(scope)
    assert paths_of(scope) == paths


@settings(deadline=None)
@given(TEXT)
def test_an_encoded_path_decodes_to_itself(path: str) -> None:
    encoded = url.encode_path(path).decode("ascii")
    assert url.decode(encoded) == path
    assert url.is_typed_path(encoded)
    assert url.typed_path(encoded) == encoded.encode()


@settings(deadline=None)
@given(TEXT)
def test_a_typed_path_is_legal_and_stays_so(path: str) -> None:
    typed = url.typed_path(path)
    assert typed.isascii()
    assert not set(typed) & set(b" ?#\x00\x7f\r\n")
    assert url.typed_path(typed.decode()) == typed


@settings(deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT)))
def test_an_encoded_query_parses_to_itself(parameters: list[tuple[str, str]]) -> None:
    query = url.encode_query(parameters).decode("ascii")
    assert parse_qsl(query, keep_blank_values=True) == parameters
    assert url.query(query) == query.encode()


@settings(deadline=None)
@given(PREFIX, PREFIX)
def test_a_mounted_path_unmounts_to_itself(path: str, prefix: str) -> None:
    scope = scope_of(path=path)
    if url.has_prefix(path, prefix):
        scope = scope_of(path="/other" + path)
    before = scope.copy()
    url.mount(scope, prefix)
    assert url.has_prefix(scope["path"], scope["root_path"])
    assert url.encode_path(scope["path"]) == scope["raw_path"]
    url.unmount(scope)
    assert scope == before


@settings(deadline=None)
@given(PREFIX, PREFIX)
def test_a_base_path_is_what_stands_in_front(base: str, route: str) -> None:
    assert url.base_path(base + route, route, None) == base
