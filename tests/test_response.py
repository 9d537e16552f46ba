"""The response as sources render it: its fields, its body as text or base64, its size."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgi_lambda import body as bodies
from asgi_lambda.response import HOP_BY_HOP, Response, exceeds, too_large
from asgi_lambda.sources.payload_v1 import REST_API
from asgi_lambda.sources.payload_v2 import HTTP_API
from tests.sources.responses import response

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Pair


def test_fields_keep_order_and_repeats() -> None:
    headers = [(b"b", b"1"), (b"a", b"2"), (b"b", b"3")]
    assert response(headers=headers).fields == [("b", "1"), ("a", "2"), ("b", "3")]


@pytest.mark.parametrize("name", sorted(HOP_BY_HOP), ids=bytes.decode)
def test_headers_of_one_connection_are_dropped(name: bytes) -> None:
    assert response(headers=[(b"a", b"1"), (name, b"x")]).fields == [("a", "1")]


def test_other_names_are_dropped_as_told() -> None:
    headers = [(b"a", b"1"), (b"b", b"\xff"), (b"c", b"\xff")]
    given_response = Response(200, headers, b"", dropped={b"a", b"b"})
    assert given_response.fields == [("c", "ÿ")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        ("é😀".encode(), "é😀"),
        (b"caf\xe9", "café"),
        (b"\x80", "\x80"),
        (b"", ""),
    ],
    ids=repr,
)
def test_header_values_are_utf_8_or_latin_1(value: bytes, text: str) -> None:
    assert response(headers=[(b"a", value), (b"b", "é".encode())]).fields == [
        ("a", text),
        ("b", "é"),
    ]


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [
        (500, "GET", b"Internal Server Error"),
        (500, "HEAD", b""),
        (504, "POST", b"Gateway Timeout"),
        (504, "HEAD", b""),
    ],
)
def test_the_plain_answer(status: int, method: str, body: bytes) -> None:
    plain = Response.plain(status, method)
    assert (plain.status, plain.body) == (status, body)
    assert plain.fields == [("content-type", "text/plain; charset=utf-8")]


TEXT_TYPE = (b"content-type", b"text/plain")
OWN_TYPE = (b"content-type", b"application/x-own; v=1")


@pytest.mark.parametrize(
    ("headers", "body", "any_type", "encoded"),
    [
        pytest.param([TEXT_TYPE], "é".encode(), False, ("é", False), id="text"),
        pytest.param([TEXT_TYPE], b"\xff", False, ("/w==", True), id="text-that-is-none"),
        pytest.param([TEXT_TYPE], b"", False, ("", False), id="empty"),
        pytest.param(
            [TEXT_TYPE, (b"content-encoding", b"gzip")], b"", False, ("", False), id="empty-gzip"
        ),
        pytest.param(
            [TEXT_TYPE, (b"content-encoding", b"gzip")], b"x", False, ("eA==", True), id="gzip"
        ),
        pytest.param(
            [TEXT_TYPE, (b"content-encoding", b"gzip")], b"x", True, ("eA==", True), id="any-gzip"
        ),
        pytest.param(
            [TEXT_TYPE, (b"content-encoding", b"identity")],
            b"x",
            False,
            ("x", False),
            id="identity",
        ),
        pytest.param([], b"x", False, ("eA==", True), id="no-type"),
        pytest.param([], b"x", True, ("x", False), id="any-type"),
        pytest.param([], b"\xff", True, ("/w==", True), id="any-type-binary"),
        pytest.param([OWN_TYPE], b"x", False, ("x", False), id="own-text-type"),
    ],
)
def test_the_body_is_text_or_base64(
    headers: list[Pair], body: bytes, any_type: bool, encoded: tuple[str, bool]
) -> None:
    given_response = Response(200, headers, body, text_types=frozenset({"application/x-own"}))
    assert given_response.encoded_body(any_type) == encoded


@settings(deadline=None)
@given(st.binary(), st.booleans(), st.sampled_from([b"text/plain", b"image/png"]))
def test_the_body_comes_out_as_it_was(content: bytes, any_type: bool, media_type: bytes) -> None:
    given_response = response(headers=[(b"content-type", media_type)], body=content)
    assert bodies.decode(*given_response.encoded_body(any_type)) == content


def size(rendered: Any, *, escaped: bool) -> int:
    return len(json.dumps(rendered, ensure_ascii=escaped).encode())


@pytest.mark.parametrize(
    ("environment", "escaped"),
    [
        pytest.param(None, True, id="elsewhere"),
        pytest.param("AWS_Lambda_python3.11", True, id="python3.11"),
        pytest.param("AWS_Lambda_python3.12", False, id="python3.12"),
        pytest.param("AWS_Lambda_python3.13", False, id="python3.13"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("é" * 20_000, id="text-with-escapes"),
        pytest.param('"' * 20_000, id="text-with-quotes"),
        pytest.param("x" * 100_000, id="text"),
    ],
)
def test_the_limit_is_exact(
    monkeypatch: pytest.MonkeyPatch, environment: str | None, escaped: bool, body: str
) -> None:
    if environment is None:
        monkeypatch.delenv("AWS_EXECUTION_ENV", raising=False)
    else:
        monkeypatch.setenv("AWS_EXECUTION_ENV", environment)
    rendered = HTTP_API.render(response(body=body.encode()))
    whole = size(rendered, escaped=escaped)
    assert not exceeds(rendered, whole)
    assert exceeds(rendered, whole - 1)


def test_the_limit_is_exact_for_base64() -> None:
    rendered = REST_API.render(response(body=b"\xff" * 100_000))
    assert rendered["isBase64Encoded"] is True
    whole = size(rendered, escaped=True)
    assert not exceeds(rendered, whole)
    assert exceeds(rendered, whole - 1)


@pytest.mark.parametrize("source", [HTTP_API, REST_API], ids=lambda source: source.name)
def test_small_bodies_are_within_the_limit(source: Any) -> None:
    assert not exceeds(source.render(response()), source.limit)


def test_what_is_too_large_is_told_with_its_sizes_and_not_its_content() -> None:
    text = too_large(HTTP_API.render(response(body=b"secret")), 1_000)
    assert "6 characters" in text
    assert "1000 bytes" in text
    assert "secret" not in text
