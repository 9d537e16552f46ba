"""The fixtures that users get, used as they use them."""

from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from asgi_lambda import ConfigurationError, adapt
from asgi_lambda.local.context import Context
from asgi_lambda.local.events import BUILDERS
from asgi_lambda.sources import detect
from asgi_lambda.testing import SOURCES, LambdaClient, LambdaEvent


async def show(request: Request) -> JSONResponse:
    scope = request.scope
    authorizer = scope["aws.event"]["requestContext"].get("authorizer")
    return JSONResponse([request.url.path, scope["root_path"], request.cookies, authorizer])


application = Starlette(routes=[Route("/items", show)])


def test_sources_are_those_of_the_package() -> None:
    assert tuple(BUILDERS) == SOURCES


def test_context(lambda_context: Context) -> None:
    assert 29_000 < lambda_context.get_remaining_time_in_millis() <= 30_000
    assert uuid.UUID(lambda_context.aws_request_id)


def test_event_of_each_front_door(lambda_event: LambdaEvent, lambda_source: str) -> None:
    event = lambda_event("/items", source=lambda_source)
    source = detect(event)
    assert source is not None
    assert source.name == lambda_source
    assert adapt(application)(event)["statusCode"] == 200


def test_event_and_all_it_takes(lambda_event: LambdaEvent) -> None:
    event = lambda_event(
        "/items?a=b",
        "PUT",
        source="rest-api",
        headers=[("X-Own", "1"), ("content-type", "image/png")],
        cookies={"a": "1", "b": "2"},
        body=b"\xff",
        stage="dev",
        binary_media_types=["*/*"],
        claims={"sub": "alice"},
    )
    assert (event["httpMethod"], event["path"]) == ("PUT", "/items")
    assert event["queryStringParameters"] == {"a": "b"}
    assert event["headers"]["X-Own"] == "1"
    assert event["headers"]["cookie"] == "a=1; b=2"
    assert (event["body"], event["isBase64Encoded"]) == ("/w==", True)
    assert event["requestContext"]["path"] == "/dev/items"
    assert event["requestContext"]["authorizer"] == {"claims": {"sub": "alice"}}
    assert lambda_event(body="é", headers=[("content-type", "text/plain")])["body"] == "é"


def test_event_of_a_front_door_that_does_not_exist(lambda_event: LambdaEvent) -> None:
    with pytest.raises(ConfigurationError, match="source: expected one of"):
        lambda_event(source="nginx")


def test_client_of_each_front_door(lambda_client: LambdaClient, lambda_source: str) -> None:
    client = lambda_client(application, lambda_source)
    client.cookies.set("a", "1")
    prefix = "/prod" if lambda_source == "rest-api" else ""
    path, root_path, cookies, _ = client.get("/items").json()
    assert (path, root_path, cookies) == (f"{prefix}/items", prefix, {"a": "1"})


def test_client_with_settings(lambda_client: LambdaClient) -> None:
    claims = {"sub": "alice"}
    client = lambda_client(adapt(application), base_path="shop", stage="dev", claims=claims)
    assert client.base_url.path == "/shop/"
    path, _, _, authorizer = client.get("/items").json()
    assert path == "/items"  # an HTTP API does not tell the base path
    assert authorizer == {"jwt": {"claims": claims, "scopes": None}}


PROJECT = """
import pytest
from asgi_lambda import adapt

steps = []


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for _ in range(2):
            steps.append((await receive())["type"])
            await send({"type": steps[-1] + ".complete"})
        return
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


@pytest.fixture(params=["rest-api", "alb"])
def lambda_source(request):
    return request.param


def test_app(lambda_client, lambda_source):
    assert lambda_client(adapt(app), lambda_source).get("/").status_code == 204


def test_event(lambda_event, lambda_context):
    assert adapt(app)(lambda_event("/"), lambda_context)["statusCode"] == 204


def test_shutdown():
    assert steps[:4] == ["lifespan.startup", "lifespan.shutdown"] * 2
"""


def test_project_of_a_user(tmp_path: Path) -> None:
    """The plugin is there without a word about it, and shuts applications down."""
    (tmp_path / "test_project.py").write_text(PROJECT)
    options = ["-W", "error", "-p", "no:randomly", "-p", "no:cacheprovider"]
    command: list[Any] = [sys.executable, "-m", "pytest", "-q", *options, tmp_path]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
