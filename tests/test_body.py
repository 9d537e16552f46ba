"""Bodies: base64 in and out, and which media types are text."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgi_lambda import body as bodies
from asgi_lambda.body import InvalidBody


@pytest.mark.parametrize(
    ("body", "is_base64", "content"),
    [
        pytest.param(None, False, b"", id="absent"),
        pytest.param(None, True, b"", id="absent-as-base64"),
        pytest.param("", False, b"", id="empty"),
        pytest.param("", True, b"", id="empty-as-base64"),
        pytest.param("text", False, b"text", id="text"),
        pytest.param("é😀", False, "é😀".encode(), id="utf-8"),
        pytest.param("dGV4dA==", False, b"dGV4dA==", id="text-that-looks-like-base64"),
        pytest.param("dGV4dA==", True, b"text", id="base64"),
        pytest.param("AP8Q", True, b"\x00\xff\x10", id="base64-of-binary"),
        pytest.param("+/+/", True, b"\xfb\xff\xbf", id="base64-of-the-standard-alphabet"),
    ],
)
def test_decode(body: str | None, is_base64: bool, content: bytes) -> None:
    assert bodies.decode(body, is_base64) == content
    assert bodies.length(body, is_base64) == len(content)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("Hello from Lambda!", id="text"),
        pytest.param("Hello world!", id="text-of-a-multiple-of-four"),
        pytest.param("dGV4dA", id="no-padding"),
        pytest.param("dGV4dA=", id="half-the-padding"),
        pytest.param("dGV4dA===", id="too-much-padding"),
        pytest.param("dGV4\ndA==", id="line-break"),
        pytest.param("-_-_", id="url-safe-alphabet"),
        pytest.param("dGV4dAé=", id="beyond-ascii"),
        pytest.param("====", id="padding-alone"),
        pytest.param("dA==dGV4", id="padding-inside"),
        pytest.param("A", id="one-character"),
    ],
)
def test_what_is_no_base64_is_refused(body: str) -> None:
    with pytest.raises(InvalidBody):
        bodies.decode(body, True)


def test_half_of_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(InvalidBody):
        bodies.decode("\ud800", False)
    assert bodies.length("\ud800", False) > 0  # no error: the body is refused when it is decoded


@settings(deadline=None)
@given(st.binary())
def test_base64_gives_the_body_back(content: bytes) -> None:
    text = bodies.encode_base64(content)
    assert text == base64.b64encode(content).decode()
    assert bodies.decode(text, True) == content


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_gives_the_body_back(text: str) -> None:
    assert bodies.decode(text, False).decode() == text


@settings(deadline=None)
@given(st.text("AZaz09+/=-_ \n", max_size=12))
def test_base64_is_taken_only_where_it_is_whole(text: str) -> None:
    try:
        content = bodies.decode(text, True)
    except InvalidBody:
        return
    assert base64.b64decode(text, validate=True) == content


@pytest.mark.parametrize(
    ("content_type", "textual"),
    [
        ("text/plain", True),
        ("text/html; charset=iso-8859-1", True),
        ("TEXT/CSV", True),
        ("application/json", True),
        ("Application/JSON ; indent=2", True),
        ("application/problem+json", True),
        ("application/atom+xml", True),
        ("application/xml", True),
        ("application/javascript", True),
        ("application/x-javascript", True),
        ("application/ecmascript", True),
        ("application/x-www-form-urlencoded", True),
        ("application/yaml", True),
        ("application/x-yaml", True),
        ("image/svg+xml", True),
        ("application/graphql; charset=utf-8", True),
        ('application/graphql; charset="UTF-8"', True),
        ("application/graphql; charset = utf-8", True),
        ("application/graphql; charset=latin-1", False),
        ("application/graphql", False),
        ("application/octet-stream", False),
        ("application/pdf", False),
        ("image/png", False),
        ("multipart/form-data; boundary=x", False),
        ("application/jsonl", False),
        ("text", False),
        ("", False),
        ("application/x-own", True),
        ("application/x-own; version=2", True),
        ("application/x-owner", False),
    ],
)
def test_is_textual(content_type: str, textual: bool) -> None:
    assert bodies.is_textual(content_type, frozenset({"application/x-own"})) is textual
