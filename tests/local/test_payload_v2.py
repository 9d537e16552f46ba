from __future__ import annotations

from typing import Any

import pytest

from asgi_lambda.local.payload_v2 import function_url, http_api
from asgi_lambda.local.request import Deployment, Request


def http(target: str = "/", **changes: Any) -> dict[str, Any]:
    """The event of an HTTP API for a GET, or what the changes say."""
    return http_api(_request(target, changes), Deployment(**changes))


def url(target: str = "/", **changes: Any) -> dict[str, Any]:
    """The same of a Function URL."""
    return function_url(_request(target, changes), Deployment())


def _request(target: str, changes: dict[str, Any]) -> Request:
    body = changes.pop("body", b"")
    return Request(changes.pop("method", "GET"), target, changes.pop("headers", []), body)


@pytest.mark.parametrize(
    ("target", "deployment", "path"),
    [
        ("/a%2Fb%20%C3%A9", {}, "/a/b é"),
        ("/%2541", {}, "/%41"),
        ("/a%3Fb", {}, "/a"),
        ("/x", {"stage": "s"}, "/s/x"),
        ("/x", {"stage": "s", "base_path": "b"}, "/s/x"),
        ("/x", {"base_path": "b"}, "/x"),
    ],
    ids=["decoded", "decoded-once", "question-mark", "stage", "stage-and-base-path", "base-path"],
)
def test_path_of_an_http_api(target: str, deployment: dict[str, str], path: str) -> None:
    event = http(target, **deployment)
    assert event["rawPath"] == event["requestContext"]["http"]["path"] == path


def test_path_of_a_function_url() -> None:
    event = url("/a%2Fb%20%3F%FF")
    assert event["rawPath"] == "/a%2Fb%20%3F%FF"
    assert event["requestContext"]["http"]["path"] == "/a/b ?\ufffd"


def test_query() -> None:
    event = http("/?a=1&b=%2B+%20&a=2&c")
    assert event["rawQueryString"] == "a=1&b=%2B+%20&a=2&c"
    assert event["queryStringParameters"] == {"a": "1,2", "b": "+  ", "c": ""}


def test_no_keys_for_what_is_not_there() -> None:
    for event in (http(), url()):
        assert event["rawQueryString"] == ""
        assert not event.keys() & {"queryStringParameters", "cookies", "body"}


def test_headers_are_lower_case_and_joined() -> None:
    event = http(headers=[("X-A", "1"), ("x-a", "2"), ("X-B", "3, 4")])
    assert event["headers"].items() >= {"x-a": "1,2", "x-b": "3, 4"}.items()
    assert [name for name in event["headers"] if name != name.lower()] == []


def test_cookies_have_their_list() -> None:
    headers = [("Cookie", "a=1; b=2"), ("Cookie", "c=3")]
    event = http(headers=headers)
    assert event["cookies"] == ["a=1", "b=2", "c=3"]
    assert "cookie" not in event["headers"]
    event = url(headers=headers)
    assert event["cookies"] == ["a=1", "b=2", "c=3"]
    assert event["headers"]["cookie"] == "a=1; b=2; c=3"


def test_content_length_is_added_by_an_http_api_alone() -> None:
    assert http()["headers"]["content-length"] == "0"
    assert http(body=b"abc")["headers"]["content-length"] == "3"
    assert "content-length" not in url()["headers"]


def test_forwarded_for() -> None:
    headers = [("X-Forwarded-For", "203.0.113.1, 203.0.113.2")]
    forwarded = "203.0.113.1, 203.0.113.2, 192.0.2.1"
    assert http(headers=headers)["headers"]["x-forwarded-for"] == forwarded
    assert url(headers=headers)["headers"]["x-forwarded-for"] == "203.0.113.1"
    assert url()["headers"]["x-forwarded-for"] == "192.0.2.1"


@pytest.mark.parametrize("build", [http, url], ids=["http-api", "function-url"])
@pytest.mark.parametrize(
    ("media_type", "expected"),
    [("application/json", ("x", False)), ("application/x-www-form-urlencoded", ("eA==", True))],
)
def test_body(build: Any, media_type: str, expected: tuple[str, bool]) -> None:
    event = build(method="POST", headers=[("content-type", media_type)], body=b"x")
    assert (event["body"], event["isBase64Encoded"]) == expected


def test_request_context() -> None:
    context = url(method="PATCH", headers=[("User-Agent", "curl")])["requestContext"]
    assert context["accountId"] == "anonymous"
    assert context["domainName"] == f"{context['domainPrefix']}.lambda-url.us-east-1.on.aws"
    assert context["http"].items() >= {"method": "PATCH", "userAgent": "curl"}.items()
    context = http(base_path="b")["requestContext"]
    assert context["domainName"] == "api.example.com"
    assert context["stage"] == "$default"
    assert context["http"]["userAgent"] == ""
