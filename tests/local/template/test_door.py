"""A front door with routes: its events say which one, and a request without one is refused."""

from __future__ import annotations

import pytest

from asgi_lambda.local.refusal import Cause, Refused
from asgi_lambda.local.request import Request
from asgi_lambda.local.template.door import RoutedDoor
from asgi_lambda.local.template.doors import DoorSetup
from asgi_lambda.local.template.routes import Route

ROUTE = Route("GET", "/items/{id}", "Shop", "rest-api", 5.0)


def test_event_of_a_route() -> None:
    setup = DoorSetup("Api", "dev", [ROUTE], ["image/*"], {"color": "blue"})
    door = RoutedDoor(setup, ROUTE, {"claims": {"sub": "alice"}, "authorizer": None})
    event = door.event(Request("GET", "/items/7"))
    assert door.prefix == "/dev"
    assert door.patience == 5.0
    assert event["resource"] == event["requestContext"]["resourcePath"] == "/items/{id}"
    assert event["pathParameters"] == {"id": "7"}
    assert event["stageVariables"] == {"color": "blue"}
    assert event["requestContext"]["authorizer"] == {"claims": {"sub": "alice"}}


def test_settings_that_a_door_does_not_have() -> None:
    route = Route("ANY", "$default", "Shop", "alb")
    setup = DoorSetup("Group", None, [route], [], {})
    door = RoutedDoor(setup, route, {"claims": {"sub": "alice"}, "authorizer": None})
    assert "stageVariables" not in door.event(Request("GET", "/"))


def test_request_without_a_route() -> None:
    door = RoutedDoor(DoorSetup("Api", "dev", [ROUTE], [], {}), ROUTE, {})
    with pytest.raises(Refused, match="expected a route of Api") as raised:
        door.event(Request("PUT", "/items/7"))
    answer = door.refuse(raised.value.cause)
    assert raised.value.cause is Cause.ROUTE
    assert (answer.status, answer.body) == (403, b'{"message": "Missing Authentication Token"}')
