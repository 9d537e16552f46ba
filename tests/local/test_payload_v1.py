from __future__ import annotations

from typing import Any

import pytest

from asgi_lambda.local.payload_v1 import cut_at_question_mark, http_api_v1, rest_api
from asgi_lambda.local.request import Deployment, Request


def rest(target: str = "/", **changes: Any) -> dict[str, Any]:
    """The event of a REST API for a GET, or what the changes say."""
    return rest_api(_request(target, changes), Deployment(**changes))


def http(target: str = "/", **changes: Any) -> dict[str, Any]:
    """The same of an HTTP API."""
    return http_api_v1(_request(target, changes), Deployment(**changes))


def _request(target: str, changes: dict[str, Any]) -> Request:
    body = changes.pop("body", b"")
    return Request(changes.pop("method", "GET"), target, changes.pop("headers", []), body)


@pytest.mark.parametrize(
    ("target", "deployment", "path", "whole", "resource", "parameters"),
    [
        ("/", {}, "/", "/prod/", "/", None),
        ("/x", {"stage": "s"}, "/x", "/s/x", "/{proxy+}", {"proxy": "x"}),
        ("/x/", {}, "/x/", "/prod/x/", "/{proxy+}", {"proxy": "x"}),
        ("//x", {}, "/x", "/prod//x", "/{proxy+}", {"proxy": "x"}),
        ("/a%2Fb", {}, "/a%2Fb", "/prod/a%2Fb", "/{proxy+}", {"proxy": "a%2Fb"}),
        ("/x", {"base_path": "b"}, "/b/x", "/b/x", "/{proxy+}", {"proxy": "x"}),
        ("/", {"base_path": "b", "stage": "s"}, "/b/", "/b/", "/", None),
    ],
    ids=["root", "stage", "slash", "double-slash", "escapes", "base-path", "base-path-root"],
)
def test_path_of_a_rest_api(
    target: str,
    deployment: dict[str, str],
    path: str,
    whole: str,
    resource: str,
    parameters: dict[str, str] | None,
) -> None:
    event = rest(target, **deployment)
    assert (event["path"], event["requestContext"]["path"]) == (path, whole)
    assert event["resource"] == event["requestContext"]["resourcePath"] == resource
    assert event["pathParameters"] == parameters


@pytest.mark.parametrize(
    ("target", "deployment", "path", "whole", "parameters"),
    [
        ("/", {}, "/", "/", None),
        ("/a%2Fb%20c/", {}, "/a%2Fb%20c/", "/a/b c/", {"proxy": "a/b c"}),
        ("/x", {"stage": "s"}, "/s/x", "/s/x", {"proxy": "x"}),
        ("/x", {"base_path": "b", "stage": "s"}, "/b/x", "/b/x", {"proxy": "x"}),
        ("/a%3fb%3Fc", {}, "/a", "/a", {"proxy": "a"}),
    ],
    ids=["root", "decoded-in-the-context", "stage", "base-path", "question-mark"],
)
def test_path_of_an_http_api(
    target: str,
    deployment: dict[str, str],
    path: str,
    whole: str,
    parameters: dict[str, str] | None,
) -> None:
    event = http(target, **deployment)
    assert (event["path"], event["requestContext"]["path"]) == (path, whole)
    assert event["pathParameters"] == parameters


def test_domains() -> None:
    assert rest()["requestContext"]["domainPrefix"] == "a1b2c3d4e5"
    domain = http(base_path="b")["requestContext"]["domainName"]
    assert domain == "api.example.com"
    assert http(base_path="b")["headers"]["Host"] == domain


def test_spelling_of_headers() -> None:
    sent = [("aCCept", "1"), ("authorization", "2"), ("user-agent", "3"), ("X-foo", "4")]
    added = ["Host", "X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto"]
    assert sorted(rest(headers=sent)["headers"]) == sorted(
        ["aCCept", "Authorization", "User-Agent", "X-foo", *added]
    )
    assert sorted(http(headers=sent)["headers"]) == sorted(
        ["accept", "authorization", "User-Agent", "x-foo", "Content-Length", *added]
    )


def test_repeated_headers() -> None:
    event = rest(headers=[("a", "1"), ("b", "2"), ("a", "3")])
    assert event["headers"].items() >= {"a": "3", "b": "2"}.items()
    assert event["multiValueHeaders"].items() >= {"a": ["1", "3"], "b": ["2"]}.items()


def test_what_a_rest_api_removes() -> None:
    headers = [("Content-Length", "1"), ("connection", "close"), ("TE", "x"), ("Expect", "y")]
    event = rest(headers=headers, body=b"z")
    assert not {name.lower() for name in event["headers"]} & {name.lower() for name, _ in headers}


def test_query() -> None:
    event = rest("/?a=1&b=%2B+%20&a=2;c&d=%2541")
    assert event["multiValueQueryStringParameters"] == {
        "a": ["1", "2"],
        "b": ["+  "],
        "c": [""],
        "d": ["%41"],
    }
    assert event["queryStringParameters"] == {"a": "2", "b": "+  ", "c": "", "d": "%41"}
    assert http("/?a=1;b")["queryStringParameters"] == {"a": "1;b"}


def test_null_where_there_is_nothing() -> None:
    event = rest()
    for key in ("queryStringParameters", "multiValueQueryStringParameters", "stageVariables"):
        assert event[key] is None
    assert event["body"] is None
    assert event["isBase64Encoded"] is False
    assert http()["body"] is None


@pytest.mark.parametrize(
    ("build", "media_type", "types", "expected"),
    [
        (rest, "text/plain", [], ("x", False)),
        (rest, "image/png", [], ("x", False)),
        (rest, "image/png", ["image/*"], ("eA==", True)),
        (rest, "application/json", ["*/*"], ("eA==", True)),
        (http, "application/json", [], ("x", False)),
        (http, "application/x-www-form-urlencoded", [], ("eA==", True)),
    ],
    ids=["rest-text", "rest-binary", "rest-listed", "rest-all", "http-text", "http-binary"],
)
def test_body(build: Any, media_type: str, types: list[str], expected: tuple[str, bool]) -> None:
    headers = [("content-type", media_type)]
    event = build(method="POST", headers=headers, body=b"x", binary_media_types=types)
    assert (event["body"], event["isBase64Encoded"]) == expected


def test_identity() -> None:
    identity = rest(headers=[("User-Agent", "curl")])["requestContext"]["identity"]
    assert identity["sourceIp"] == "192.0.2.1"
    assert identity["userAgent"] == "curl"
    assert {value for key, value in identity.items() if key not in ("sourceIp", "userAgent")} == {
        None
    }


def test_cut_at_question_mark() -> None:
    assert cut_at_question_mark("/a%3Fb%3fc") == "/a"
    assert cut_at_question_mark("/a%253Fb") == "/a%253Fb"
