"""The rows of the page on requests: the same event, and the two scopes of it."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_lambda.local.context import Context
from tests.applications import respond
from tests.frameworks.front_doors import (
    ALB,
    ALB_MULTI_VALUE,
    FRONT_DOORS,
    FUNCTION_URL,
    HTTP_API,
    HTTP_API_BASE_PATH,
    HTTP_API_STAGE,
    HTTP_API_V1_STAGE,
    REST_BASE_PATH,
    REST_STAGE,
    FrontDoor,
)
from tests.from_mangum.sides import handlers, parts, request, scopes, stored, values

EVERY_DOOR = pytest.mark.parametrize("door", FRONT_DOORS, ids=lambda door: door.name)


@EVERY_DOOR
def test_root_path(door: FrontDoor) -> None:
    theirs, ours = parts(request(door), "root_path", ours=door.options)

    assert theirs == ""
    assert ours == door.prefix


def test_path_behind_the_stage_of_a_rest_api() -> None:
    assert parts(request(REST_STAGE), "path") == ("/items", "/prod/items")


@pytest.mark.parametrize("door", [HTTP_API_STAGE, HTTP_API_V1_STAGE], ids=lambda door: door.name)
def test_path_behind_a_named_stage_of_an_http_api(door: FrontDoor) -> None:
    theirs, ours = parts(request(door), "path", "root_path")

    assert theirs == ("/dev/items", "")
    assert ours == ("/dev/items", "/dev")


@pytest.mark.parametrize("door", [REST_BASE_PATH, HTTP_API_BASE_PATH], ids=lambda door: door.name)
def test_path_behind_a_base_path(door: FrontDoor) -> None:
    theirs, ours = parts(request(door), "path", ours=door.options)

    assert theirs == ("/base/items" if door is REST_BASE_PATH else "/items")
    assert ours == "/base/items"


@EVERY_DOOR
def test_raw_path(door: FrontDoor) -> None:
    theirs, ours = parts(request(door, "/a%20b"), "raw_path", ours=door.options)

    assert theirs is None
    assert ours == f"{door.prefix}/a%20b".encode()


@EVERY_DOOR
def test_escapes_in_the_path(door: FrontDoor) -> None:
    theirs, ours = parts(request(door, "/a%2541"), "path", ours=door.options)

    twice = door in (HTTP_API, HTTP_API_STAGE, HTTP_API_BASE_PATH, FUNCTION_URL)
    assert theirs.endswith("/aA" if twice else "/a%41")
    assert ours.endswith("/a%41")


@pytest.mark.parametrize("door", [REST_STAGE, ALB], ids=lambda door: door.name)
def test_query_of_a_rest_api_or_an_alb(door: FrontDoor) -> None:
    theirs, ours = parts(request(door, "/?q=a%20b"), "query_string")

    assert (theirs, ours) == (b"q=a+b", b"q=a%20b")


def test_repeated_request_headers() -> None:
    fields = [("x-tag", "one"), ("x-tag", "two")]
    for door in (REST_STAGE, HTTP_API_V1_STAGE):
        theirs, ours = scopes(request(door, headers=fields))
        assert values(theirs, b"x-tag") == [b"one, two"]
        assert values(ours, b"x-tag") == [b"one", b"two"]
    for scope in scopes(request(ALB_MULTI_VALUE, headers=fields)):
        assert values(scope, b"x-tag") == [b"one", b"two"]


@EVERY_DOOR
def test_cookies_of_a_request(door: FrontDoor) -> None:
    event = request(door, headers=[("cookie", "a=1; b=2")])

    for scope in scopes(event, ours=door.options):
        assert values(scope, b"cookie") == [b"a=1; b=2"]


def test_content_length_of_a_request() -> None:
    theirs, ours = scopes(request(REST_STAGE, method="POST", body=b"four"))

    assert values(theirs, b"content-length") == []
    assert values(ours, b"content-length") == [b"4"]


def test_client_behind_an_alb() -> None:
    event = request(ALB)
    event["headers"]["x-forwarded-for"] = "198.51.100.66, 203.0.113.7"

    theirs, ours = parts(event, "client")

    assert theirs == ("198.51.100.66, 203.0.113.7", 0)
    assert ours == ("203.0.113.7", 0)


def test_port_where_no_header_has_one() -> None:
    event = request(HTTP_API)
    del event["headers"]["x-forwarded-port"]

    theirs, ours = parts(event, "scheme", "server")

    assert theirs == ("https", (HTTP_API.host, 80))
    assert ours == ("https", (HTTP_API.host, 443))


def test_health_check_of_an_alb() -> None:
    theirs, ours = parts(stored("alb/docs-health-check.json"), "server", "client")

    assert theirs == (("mangum", 80), ("", 0))
    assert ours == (("localhost", 443), None)


def test_protocol() -> None:
    event = request(HTTP_API)
    event["requestContext"]["http"]["protocol"] = "HTTP/1.0"

    assert parts(event, "http_version") == ("1.1", "1.0")


@EVERY_DOOR
def test_event_and_context_in_the_scope(door: FrontDoor) -> None:
    event, context = request(door), Context()
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        await respond(send)

    for handler in handlers(app, ours=door.options):
        handler(event, context)

    for scope in seen:
        assert scope["aws.event"] is event
        assert scope["aws.context"] is context
