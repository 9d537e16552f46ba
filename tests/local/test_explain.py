from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from asgi_lambda import UnsupportedEvent
from asgi_lambda.local.events import BUILDERS, build
from asgi_lambda.local.explain import explain
from asgi_lambda.local.request import Deployment, Request

EVENTS: Final = Path(__file__).parent.parent / "events"


def event_of(source: str, target: str = "/items", **changes: Any) -> dict[str, Any]:
    """The event of a GET with a cookie, or what the changes say."""
    headers = changes.pop("headers", [("Cookie", "session=secret")])
    body = changes.pop("body", b"")
    return build(source, Request("GET", target, headers, body), Deployment(**changes))


def told(event: Any) -> str:
    return "\n".join(explain(event))


def findings(event: Any) -> list[str]:
    lines = explain(event)
    return [line.removeprefix("  - ") for line in lines[lines.index("findings:") + 1 :]]


@pytest.mark.parametrize("source", BUILDERS)
def test_source_and_scope(source: str) -> None:
    text = told(event_of(source, "/a%2Fb?c=d", headers=[("x-a", "é")], body=b"xyz"))
    assert text.startswith(f"source: {source}, since ")
    for line in ("  method: 'GET'", "  query_string: 'c=d'", "    x-a: 'é'", "body: "):
        assert line in text
    assert "base64" in text


@pytest.mark.parametrize("source", BUILDERS)
def test_secrets_are_masked(source: str) -> None:
    secret = "Bearer-secret"
    names = ("Authorization", "cookie", "X-Api-Key", "proxy-authorization")
    text = told(event_of(source, headers=[(name, secret) for name in names]))
    assert secret not in text
    assert "authorization: (13 characters)" in text


@pytest.mark.parametrize(
    ("source", "deployment", "expected"),
    [
        ("rest-api", {}, "'/prod', the stage, with which requestContext.path begins"),
        ("rest-api", {"base_path": "b"}, "'/b', the base path: what the path has in front"),
        ("http-api", {"stage": "s"}, "'/s', the stage, with which the path begins"),
        ("http-api", {}, "'', since the event proves no prefix"),
        ("http-api-v1", {"stage": "s"}, "'/s', the stage, with which the path begins"),
        ("http-api-v1", {"base_path": "b"}, "'/b', the base path: what the path has in front of"),
        ("function-url", {}, "'', since this front door has no stage"),
        ("alb", {}, "'', since this front door has no stage"),
        ("alb-multi-value", {}, "'', since this front door has no stage"),
    ],
)
def test_where_the_root_path_comes_from(
    source: str, deployment: dict[str, str], expected: str
) -> None:
    assert f"root_path: {expected}" in told(event_of(source, **deployment))


def test_a_prefix_that_is_no_stage() -> None:
    event = event_of("rest-api")
    event["requestContext"]["path"] = "/other/items"
    assert "root_path: '/other', what requestContext.path has in front of path" in told(event)


@pytest.mark.parametrize("source", ["http-api", "http-api-v1", "function-url", "alb-multi-value"])
def test_nothing_is_wrong(source: str) -> None:
    assert findings(event_of(source)) == ["none"]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (event_of("alb"), "multi-value headers are off"),
        (event_of("alb-multi-value") | {"headers": {"a": "b"}}, "headers beside multiValueHeaders"),
        (event_of("http-api", headers=[]), "no cookies: the client sent none"),
        (event_of("function-url", headers=[]), "no cookies: the client sent none"),
        (event_of("http-api") | {"headers": None, "cookies": None}, "no cookies"),
        (event_of("http-api") | {"headers": {"Cookie": "a"}, "cookies": []}, "without the list"),
        (event_of("http-api", stage="s"), "the stage 's' is in the path '/s/items'"),
        (event_of("http-api", "/", stage="s"), "the stage 's' is in the path '/s/'"),
        (event_of("http-api-v1", stage="s"), "the stage 's' is in the path '/s/items'"),
        (event_of("rest-api", "/prod/x"), "the stage 'prod' is in the path '/prod/x'"),
        (event_of("http-api", base_path="b"), "a custom domain: if it maps a base path"),
        (event_of("rest-api"), "binary answers reach clients as base64 text"),
        (
            event_of("rest-api", body=b"x", binary_media_types=["*/*"]),
            "binaryMediaTypes has its type",
        ),
        (
            event_of("http-api") | {"body": "no base64", "isBase64Encoded": True},
            "the body is no base64: the client gets a 400",
        ),
    ],
)
def test_what_looks_wrong(event: dict[str, Any], expected: str) -> None:
    assert any(expected in finding for finding in findings(event))


def test_base64_that_is_right_is_no_finding() -> None:
    assert findings(event_of("http-api", body=b"\xff")) == ["none"]


@pytest.mark.parametrize("stage", [None, ""])
def test_event_without_a_stage(stage: str | None) -> None:
    event = event_of("http-api-v1")
    event["requestContext"]["stage"] = stage
    assert findings(event) == ["none"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("test-invoke-source-ip", "'test-invoke-source-ip' is no IP address"),
        (None, "the address of the client is missing"),
    ],
)
def test_addresses(address: str | None, expected: str) -> None:
    event = event_of("http-api")
    event["requestContext"]["http"]["sourceIp"] = address
    assert expected in findings(event)[0]


def test_missing_request_context() -> None:
    event = event_of("rest-api")
    del event["requestContext"]
    assert "requestContext is missing: no front door of AWS leaves it out" in findings(event)


def test_the_route_that_sam_local_puts_into_the_context() -> None:
    event = json.loads((EVENTS / "rest-v1/made-sam-local.json").read_text(encoding="utf-8"))
    assert any("sam local start-api puts the route there" in each for each in findings(event))


def test_what_is_no_request() -> None:
    assert explain({"Records": []}) == [
        "source: none, since this is no HTTP request; adapt(app, on_event=...) takes it"
    ]


def test_an_event_of_a_connection() -> None:
    assert explain({"requestContext": {"connectionId": "x", "eventType": "MESSAGE"}}) == [
        "source: websocket-api, since requestContext has connectionId and eventType"
    ]


@pytest.mark.parametrize(
    "event",
    [{"rawPath": "/"}, event_of("http-api") | {"headers": 7}],
    ids=["no-source", "another-shape"],
)
def test_what_no_source_accepts(event: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedEvent, match="expected an"):
        explain(event)
