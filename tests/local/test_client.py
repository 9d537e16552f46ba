"""A client that calls the function as Lambda does, for tests of applications."""

from __future__ import annotations

import functools
import threading
from typing import Any

import httpx
import pytest

from asgi_lambda import adapt
from asgi_lambda.local.client import connect
from asgi_lambda.local.front_door import FrontDoor
from asgi_lambda.local.request import Deployment
from tests.local.test_gateway import echo


def test_paths_are_the_applications() -> None:
    door = FrontDoor("rest-api", Deployment("dev"))
    with connect(echo, door) as client:
        client.cookies.set("c", "1")
        seen = client.put("/items?a=b", content=b"body").json()
    assert (seen["path"], seen["root_path"], seen["query"]) == ("/dev/items", "/dev", "a=b")
    assert seen["body"] == "body"
    assert ["cookie", "c=1"] in seen["headers"]
    assert (seen["scheme"], seen["server"]) == ("https", [door.domain, 443])


def test_cookies_are_kept_and_redirects_followed() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        cookies = [value for name, value in scope["headers"] if name == b"cookie"]
        target = f"https://{FrontDoor('rest-api').domain}/prod/end".encode()
        headers = [(b"set-cookie", b"a=1; Path=/"), (b"location", target)]
        status = 200 if scope["path"] == "/prod/end" else 303
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b";".join(cookies)})

    with connect(adapt(app, lifespan="off"), FrontDoor("rest-api")) as client:
        assert client.get("/", follow_redirects=True).text == "a=1"


def test_lifespan_lasts_as_long_as_the_client() -> None:
    steps: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                steps.append((await receive())["type"])
                await send({"type": f"{steps[-1]}.complete"})
            return
        steps.append(threading.current_thread().name)
        await echo(scope, receive, send)

    handler = adapt(app)

    @functools.wraps(handler)
    def decorated(event: Any, context: Any) -> Any:
        assert steps, "the application was started before"
        return handler(event, context)

    with connect(decorated, FrontDoor("alb")) as client:
        assert steps == []
        client.get("/")
        client.get("/")
    assert steps == ["lifespan.startup", "MainThread", "MainThread", "lifespan.shutdown"]


def test_context_of_the_function() -> None:
    def function(event: Any, context: Any) -> Any:
        left = context.get_remaining_time_in_millis()
        return {"statusCode": 200, "body": f"{left > 70_000} {context.aws_request_id}"}

    with connect(function, FrontDoor("function-url"), timeout=77) as client:
        response = client.get("/")
    assert response.text == f"True {response.headers['x-amzn-requestid']}"


def test_answers_of_the_front_door_itself(log: pytest.LogCaptureFixture) -> None:
    def function(event: Any, context: Any) -> Any:
        if event["path"] == "/raises":
            raise ValueError("on purpose")
        return {"statusCode": 200, "cookies": []}

    with connect(function, FrontDoor("rest-api")) as client:
        assert client.get("/raises").status_code == 502
        assert client.get("/malformed").status_code == 502
        assert client.get("/", headers={"a": "x" * 10_240}).status_code == 431
        host = client.base_url.host
        assert client.get(f"https://{host}/beside").status_code == 403
    for text in (
        "ValueError: on purpose",
        "The front door answers 502: expected keys",
        "The front door answers 431: expected at most 10240 bytes",
        "The front door answers 403: expected a path below /prod/",
    ):
        assert text in log.text


def test_another_host_is_not_there() -> None:
    nobody = pytest.raises(httpx.ConnectError, match=r"nobody answers at https://example\.org/")
    with connect(echo, FrontDoor("alb")) as client, nobody:
        client.get("https://example.org/")
