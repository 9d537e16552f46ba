from __future__ import annotations

from typing import Any

import pytest

from asgi_lambda.local import fields
from asgi_lambda.local.request import Request


def request(**changes: Any) -> Request:
    """A request received on 10 March 2020, with a fixed id."""
    made = Request("GET", "/", changes.pop("headers", []), changes.pop("body", b""), "198.51.100.7")
    made.received = 1_583_798_639_428
    made.id = "77375676-0a1b-4b79-853a-f982474efe18"
    return made


def test_what_aws_adds() -> None:
    assert fields.received(request(headers=[("Accept", "*/*")]), "example.com") == [
        ("Host", "example.com"),
        ("Accept", "*/*"),
        ("X-Amzn-Trace-Id", "Root=1-5e66d96f-773756760a1b4b79853af982"),
        ("X-Forwarded-For", "198.51.100.7"),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
    ]


def test_what_the_client_sent_of_it() -> None:
    headers = [
        ("X-FORWARDED-FOR", "203.0.113.1"),
        ("x-forwarded-for", "203.0.113.2"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-port", "80"),
        ("host", "shop.example"),
        ("x-amzn-trace-id", "Root=1-1-1"),
    ]
    assert fields.received(request(headers=headers), "example.com") == [
        ("host", "shop.example"),
        ("x-amzn-trace-id", "Root=1-1-1"),
        ("X-Forwarded-For", "203.0.113.1, 203.0.113.2, 198.51.100.7"),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
    ]


def test_content_length_is_added_once() -> None:
    assert fields.with_length([("a", "b")], 3) == [("a", "b"), ("Content-Length", "3")]
    assert fields.with_length([("CONTENT-length", "2")], 3) == [("CONTENT-length", "2")]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], []),
        (["a=1"], ["a=1"]),
        (["a=1; b=2;c=3"], ["a=1", "b=2", "c=3"]),
        (["a=1", "b=2; c"], ["a=1", "b=2", "c"]),
        (["a=1;; ;", ""], ["a=1"]),
    ],
    ids=["none", "one", "several", "several-headers", "empty-ones"],
)
def test_cookies(headers: list[str], expected: list[str]) -> None:
    assert fields.cookies(request(headers=[("Cookie", each) for each in headers])) == expected


@pytest.mark.parametrize(
    ("query", "separators", "expected"),
    [
        ("", "&", []),
        ("a=1&a=2&b", "&", [("a", "1"), ("a", "2"), ("b", "")]),
        ("&a=1&&", "&", [("a", "1")]),
        ("a=1;b=2", "&", [("a", "1;b=2")]),
        ("a=1;b=2&c", "&;", [("a", "1"), ("b", "2"), ("c", "")]),
        ("a=b=c&=d", "&", [("a", "b=c"), ("", "d")]),
        ("%61=%2B+", "&", [("%61", "%2B+")]),
    ],
)
def test_parameters(query: str, separators: str, expected: list[tuple[str, str]]) -> None:
    assert fields.parameters(query, separators) == expected


def test_decoded_once() -> None:
    pairs = [("%61", "%2B+%20"), ("b", "%2541"), ("c", "%FF")]
    assert fields.decoded(pairs) == [("a", "+  "), ("b", "%41"), ("c", "\ufffd")]


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("text/html", True),
        ("application/json", True),
        ("application/xml", True),
        ("application/javascript", True),
        ("application/problem+json", False),
        ("application/x-www-form-urlencoded", False),
        ("multipart/form-data", False),
        ("", False),
    ],
)
def test_is_text(media_type: str, expected: bool) -> None:
    assert fields.is_text(media_type) is expected


@pytest.mark.parametrize(
    ("body", "as_text", "expected"),
    [
        (b"", False, ("", False)),
        (b"", True, ("", False)),
        ("é".encode(), True, ("é", False)),
        (b"\xff.", True, ("\ufffd.", False)),
        (b"\xff.", False, ("/y4=", True)),
    ],
    ids=["none", "no-text", "text", "damaged", "base64"],
)
def test_body(body: bytes, as_text: bool, expected: tuple[str, bool]) -> None:
    assert fields.body(request(body=body), as_text) == expected


def test_times_and_ids() -> None:
    assert fields.request_time(request()) == "10/Mar/2020:00:03:59 +0000"
    assert fields.short_id(request()) == "dzdWdgobS3mFOvk="


def test_user_agent() -> None:
    assert fields.user_agent(request()) is None
    assert fields.user_agent(request(headers=[("User-Agent", "curl")])) == "curl"
