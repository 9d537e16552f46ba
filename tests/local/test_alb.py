from __future__ import annotations

from typing import Any

import pytest

from asgi_lambda.local.alb import alb, alb_multi_value
from asgi_lambda.local.request import Deployment, Request

REPEATED = [("X-A", "1"), ("x-a", "2"), ("Cookie", "b=1"), ("cookie", "c=2")]


def single(target: str = "/", **changes: Any) -> dict[str, Any]:
    """The event for a GET with single values, or what the changes say."""
    return alb(Request("GET", target, **changes), Deployment())


def multiple(target: str = "/", **changes: Any) -> dict[str, Any]:
    """The same with lists of values."""
    return alb_multi_value(Request("GET", target, **changes), Deployment())


def test_of_repeated_ones_the_last_is_left() -> None:
    event = single("/?a=1&a=2", headers=REPEATED)
    assert event["headers"].items() >= {"x-a": "2", "cookie": "c=2"}.items()
    assert event["queryStringParameters"] == {"a": "2"}
    assert not event.keys() & {"multiValueHeaders", "multiValueQueryStringParameters"}


def test_all_of_the_repeated_ones() -> None:
    event = multiple("/?a=1&a=2", headers=REPEATED)
    assert event["multiValueHeaders"]["x-a"] == ["1", "2"]
    assert event["multiValueHeaders"]["cookie"] == ["b=1", "c=2"]
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"]}
    assert not event.keys() & {"headers", "queryStringParameters"}


def test_nothing_is_decoded() -> None:
    event = single("/a%2Fb%20c?%61=%2B+%20&flag")
    assert event["path"] == "/a%2Fb%20c"
    assert event["queryStringParameters"] == {"%61": "%2B+%20", "flag": ""}


def test_without_query_and_body() -> None:
    assert single()["queryStringParameters"] == {}
    assert multiple()["multiValueQueryStringParameters"] == {}
    assert (single()["body"], single()["isBase64Encoded"]) == ("", False)


def test_the_peer_is_the_last_address() -> None:
    event = single(headers=[("x-forwarded-for", "203.0.113.1")], client="2001:db8::1")
    assert event["headers"]["x-forwarded-for"] == "203.0.113.1, 2001:db8::1"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([("Content-Type", "text/plain")], ("x", False)),
        ([("content-type", "application/json")], ("x", False)),
        ([("content-type", "image/png")], ("eA==", True)),
        ([], ("eA==", True)),
        ([("content-type", "text/plain"), ("Content-Encoding", "gzip")], ("eA==", True)),
    ],
    ids=["text", "json", "binary", "no-type", "compressed"],
)
def test_body(headers: list[tuple[str, str]], expected: tuple[str, bool]) -> None:
    event = single(headers=headers, body=b"x")
    assert (event["body"], event["isBase64Encoded"]) == expected
