from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from asgi_lambda import ConfigurationError
from asgi_lambda.local import Gateway
from asgi_lambda.local.events import BUILDERS
from asgi_lambda.local.exchange import Exchange
from asgi_lambda.local.replay import path_of, replay
from asgi_lambda.local.request import Request


def show(event: Any, context: Any) -> Any:
    """A function that returns its event."""
    return {"statusCode": 200, "body": json.dumps(event)}


def past(gateway: Gateway, target: str = "/prod/a?b=c") -> Exchange:
    """A request that was answered."""
    headers = [("host", "127.0.0.1:8000"), ("cookie", "a=1"), ("Content-Length", "4")]
    request = Request("PUT", target, headers, b"body", "192.0.2.9")
    request.scheme, request.port = "http", 8000
    exchange = gateway.open(gateway.door, request)
    anyio.run(gateway.answer, gateway.door, exchange)
    return exchange


def again(gateway: Gateway, exchange: Exchange, changes: Any) -> Exchange:
    return anyio.run(replay, gateway, exchange, changes)


def test_as_it_was() -> None:
    gateway = Gateway(show, "rest-api", claims={"sub": "alice"})
    before = past(gateway)
    after = again(gateway, before, {})
    assert after.id != before.id
    assert after.replays == before.id
    assert path_of(after) == "/a?b=c"
    assert after.target == before.target == "/prod/a?b=c"
    own = ("requestId", "extendedRequestId", "requestTime", "requestTimeEpoch")
    events = []
    for exchange in (before, after):
        assert exchange.event is not None
        for name in own:
            del exchange.event["requestContext"][name]
        for headers in ("headers", "multiValueHeaders"):
            del exchange.event[headers]["X-Amzn-Trace-Id"]
        events.append(exchange.event)
    assert events[0] == events[1]
    assert events[0]["requestContext"]["authorizer"] == {"claims": {"sub": "alice"}}


def test_with_changes() -> None:
    gateway = Gateway(show, "rest-api")
    changes = {"method": "POST", "path": "/é?d", "headers": [["X-A", "1"]], "body": "longer body"}
    after = again(gateway, past(gateway), changes)
    assert after.event is not None
    assert (after.request.method, after.target) == ("POST", "/prod/%C3%A9?d")
    assert after.request.headers == [("X-A", "1"), ("content-length", "11")]
    assert after.event["body"] == "longer body"


def test_length_is_that_of_the_new_body() -> None:
    gateway = Gateway(show)
    after = again(gateway, past(gateway, "/a"), {"body": "12345678"})
    assert [value for name, value in after.request.headers if "length" in name.lower()] == ["8"]


@pytest.mark.parametrize("source", BUILDERS)
def test_through_another_front_door(source: str) -> None:
    gateway = Gateway(show, "rest-api", stage="dev", claims={"sub": "alice"})
    after = again(gateway, past(gateway, "/dev/a?b=c"), {"source": source})
    assert after.answer is not None
    assert (after.source, after.answer.status) == (source, 200)
    staged = source in ("rest-api", "http-api", "http-api-v1")
    assert after.target == ("/dev/a?b=c" if staged else "/a?b=c")


def test_beside_the_stage_it_stays() -> None:
    gateway = Gateway(show, "rest-api")
    before = past(gateway, "/beside")
    after = again(gateway, before, {})
    assert after.answer is not None
    assert (after.target, after.answer.status) == ("/beside", 403)
    after = again(gateway, before, {"path": "/inside"})
    assert after.answer is not None
    assert (after.target, after.answer.status) == ("/prod/inside", 200)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([], "changes: expected an object, got list"),
        ({"source": "nginx"}, "source: expected one of"),
        ({"source": 1}, "source: expected text, got int"),
        ({"body": None}, "body: expected text, got NoneType"),
        ({"method": ""}, "expected a method and /..., got '' and '/"),
        ({"path": "a"}, "expected a method and /..., got 'PUT' and 'a'"),
        ({"headers": {"ab": "c"}}, "headers: expected pairs of name and value"),
        ({"headers": ["ab"]}, "headers: expected pairs"),
        ({"headers": [["a"]]}, "headers: expected pairs"),
        ({"headers": [["a", 1]]}, "headers: expected pairs"),
        ({"headers": [["", "b"]]}, "headers: expected pairs"),
        ({"headers": None}, "headers: expected pairs"),
    ],
)
def test_what_cannot_be_sent(changes: Any, message: str) -> None:
    gateway = Gateway(show)
    with pytest.raises(ConfigurationError, match=message):
        again(gateway, past(gateway), changes)
