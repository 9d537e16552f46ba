"""Which route takes a request."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_lambda.local.template.routes import Match, Route, describe, find


def routes(source: str) -> list[Route]:
    paths = [
        ("GET", "/"),
        ("GET", "/items"),
        ("ANY", "/items/{id}"),
        ("GET", "/items/{id}"),
        ("POST", "/items/new"),
        ("ANY", "/{proxy+}"),
    ]
    return [Route(method, path, f"{method} {path}", source) for method, path in paths]


def found(source: str, method: str, path: str) -> tuple[str, dict[str, str]] | None:
    match = find(routes(source), method, path)
    return None if match is None else (match.route.function, match.parameters)


@pytest.mark.parametrize("source", ["rest-api", "http-api", "http-api-v1"])
@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", ("GET /", {})),
        ("GET", "/items", ("GET /items", {})),
        ("GET", "/it%65ms", ("GET /items", {})),
        ("GET", "/items/7", ("GET /items/{id}", {"id": "7"})),
        ("PUT", "/items/7", ("ANY /items/{id}", {"id": "7"})),
        ("POST", "/items/new", ("POST /items/new", {})),
        ("GET", "/items/7/parts", ("ANY /{proxy+}", {"proxy": "items/7/parts"})),
        ("GET", "/else", ("ANY /{proxy+}", {"proxy": "else"})),
    ],
)
def test_most_specific_route(source: str, method: str, path: str, expected: Any) -> None:
    assert found(source, method, path) == expected


def test_only_an_http_api_looks_for_the_method_elsewhere() -> None:
    assert found("rest-api", "DELETE", "/items") is None
    assert found("http-api", "DELETE", "/items") == ("ANY /{proxy+}", {"proxy": "items"})


def test_slash_at_the_end() -> None:
    assert found("rest-api", "GET", "/items/") == ("GET /items", {})
    assert found("http-api", "GET", "/items/") == ("ANY /{proxy+}", {"proxy": "items"})


def test_parameters_are_decoded_by_http_apis_alone() -> None:
    assert found("rest-api", "GET", "/items/a%20b") == ("GET /items/{id}", {"id": "a%20b"})
    assert found("http-api", "GET", "/items/a%20b") == ("GET /items/{id}", {"id": "a b"})


def test_default_route_takes_what_is_left() -> None:
    default = Route("ANY", "$default", "all", "http-api")
    one = Route("GET", "/one", "one", "http-api")
    assert find([default, one], "GET", "/one") == Match(one, {})
    assert find([default, one], "PUT", "/one") == Match(default, {})
    assert find([one], "GET", "/two") is None
    assert find([one], "GET", "/") is None


@pytest.mark.parametrize(
    ("source", "path", "parameters", "expected"),
    [
        ("http-api", "/a/{id}", {"id": "1"}, {
            "requestContext": {"routeKey": "GET /a/{id}"}, "routeKey": "GET /a/{id}",
            "pathParameters": {"id": "1"},
        }),
        ("http-api", "$default", {}, {
            "requestContext": {"routeKey": "$default"}, "routeKey": "$default",
        }),
        ("rest-api", "/a", {}, {
            "requestContext": {"resourcePath": "/a"}, "resource": "/a", "pathParameters": None,
        }),
        ("http-api-v1", "/a/{id}", {"id": "1"}, {
            "requestContext": {"resourcePath": "/a/{id}"}, "resource": "/a/{id}",
            "pathParameters": {"id": "1"},
        }),
        ("alb", "$default", {}, {"requestContext": {}}),
    ],
)  # fmt: skip
def test_event_says_which_route(
    source: str, path: str, parameters: dict[str, str], expected: dict[str, Any]
) -> None:
    event: dict[str, Any] = {"requestContext": {}}
    describe(event, Match(Route("GET", path, "f", source), parameters))
    assert event == expected
