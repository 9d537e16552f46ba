from __future__ import annotations

import pytest

from asgi_lambda import ConfigurationError
from asgi_lambda.local.authorizer import Authorizer
from asgi_lambda.local.events import BUILDERS
from asgi_lambda.local.front_door import FrontDoor, Settings, applicable, set_up
from asgi_lambda.local.refusal import Cause, Refused
from asgi_lambda.local.request import Deployment, Request


@pytest.mark.parametrize(
    ("source", "deployment", "prefix"),
    [
        ("rest-api", Deployment(), "/prod"),
        ("rest-api", Deployment("dev"), "/dev"),
        ("rest-api", Deployment("dev", "shop"), "/shop"),
        ("http-api", Deployment(), ""),
        ("http-api", Deployment("dev"), "/dev"),
        ("http-api-v1", Deployment(base_path="/a/b"), "/a/b"),
        ("function-url", Deployment(), ""),
        ("alb", Deployment(), ""),
    ],
)
def test_prefix(source: str, deployment: Deployment, prefix: str) -> None:
    door = FrontDoor(source, deployment)
    assert door.prefix == prefix
    assert door.behind_prefix(prefix) == "/"
    assert door.behind_prefix(f"{prefix}/a%2Fb") == "/a%2Fb"


@pytest.mark.parametrize("path", ["/", "/product", "/x/prod", "*"])
def test_path_beside_the_prefix(path: str) -> None:
    with pytest.raises(Refused, match="expected a path below /prod/") as caught:
        FrontDoor("rest-api").behind_prefix(path)
    assert caught.value.cause is Cause.ELSEWHERE


@pytest.mark.parametrize(
    ("source", "patience"),
    [("rest-api", 29), ("http-api", 30), ("http-api-v1", 30), ("function-url", None)],
)
def test_patience(source: str, patience: float | None) -> None:
    assert FrontDoor(source).patience == patience


def test_patience_as_it_is_set() -> None:
    assert FrontDoor("rest-api", Deployment(integration_timeout=0.5)).patience == 0.5
    with pytest.raises(ConfigurationError, match="integration_timeout: expected seconds, got 0"):
        Deployment(integration_timeout=0)
    with pytest.raises(ConfigurationError, match="source: expected one with an integration_timeo"):
        FrontDoor("alb", Deployment(integration_timeout=5))


def test_event_says_who_is_authorized() -> None:
    door = FrontDoor("http-api", authorizer=Authorizer("http-api", {"sub": "alice"}))
    event = door.event(Request("GET", "/"))
    assert event["requestContext"]["authorizer"]["jwt"]["claims"] == {"sub": "alice"}
    assert "authorizer" not in FrontDoor("http-api").event(Request("GET", "/"))["requestContext"]


def test_scheme_and_port_of_the_request() -> None:
    request = Request("GET", "/")
    request.scheme, request.port = "http", 8000
    headers = FrontDoor("alb").event(request)["headers"]
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("http", "8000")


@pytest.mark.parametrize(
    ("source", "request_", "cause"),
    [
        ("alb", Request("PUT", "/", (), b"x" * (1024 * 1024 + 1)), Cause.BODY),
        ("rest-api", Request("PUT", "/", (), b"x" * 7_000_000), Cause.PAYLOAD),
        ("rest-api", Request("GET", "/", [("a", "x" * 10_240)]), Cause.HEADERS),
    ],
    ids=["body", "event", "headers"],
)
def test_request_that_is_too_large(source: str, request_: Request, cause: Cause) -> None:
    with pytest.raises(Refused) as caught:
        FrontDoor(source).event(request_)
    assert caught.value.cause is cause


@pytest.mark.parametrize("source", BUILDERS)
def test_answer_has_the_id_of_its_request(source: str) -> None:
    door, request = FrontDoor(source), Request("GET", "/")
    event = door.event(request)
    answer = door.read({"statusCode": 200}, request, door.request_id(event))
    sent = {"rest-api": "x-amzn-requestid", "function-url": "x-amzn-requestid"}
    name = sent.get(source, "apigw-requestid")
    assert dict(answer.headers).get(name) == event["requestContext"].get("requestId")


def test_base64_by_the_first_accept_header() -> None:
    door = FrontDoor("rest-api", Deployment(binary_media_types=["image/png"]))
    response = {"statusCode": 200, "body": "/w==", "isBase64Encoded": True}
    request = Request("GET", "/", [("Accept", "image/png"), ("accept", "text/html")])
    assert door.read(response, request, "id").body == b"\xff"
    request = Request("GET", "/")
    assert door.read(response, request, "id").body == b"/w=="


@pytest.mark.parametrize(
    ("response", "cause"),
    [
        ({"statusCode": "none"}, Cause.FAILED),
        ({"statusCode": 200, "body": "*", "isBase64Encoded": True}, Cause.BASE64),
    ],
)
def test_malformed_response(response: object, cause: Cause) -> None:
    door, request = FrontDoor("http-api"), Request("GET", "/")
    with pytest.raises(Refused) as caught:
        door.read(response, request, "id")
    assert caught.value.cause is cause


def test_its_own_answer() -> None:
    assert FrontDoor("rest-api").refuse(Cause.PATIENCE).status == 504


@pytest.mark.parametrize("source", BUILDERS)
@pytest.mark.parametrize(
    "settings",
    [
        Settings(stage="dev", integration_timeout=5, binary_media_types=["*/*"]),
        Settings(base_path="/b", claims={"sub": "alice"}),
        Settings(authorizer={"tenant": "x"}, timeout=3),
        Settings(),
    ],
    ids=["stage", "base-path", "authorizer", "none"],
)
def test_settings_that_every_front_door_can_take(source: str, settings: Settings) -> None:
    before = settings.copy()
    door = set_up(source, applicable(source, settings))
    assert door.source == source
    assert settings == before
    staged = source in ("rest-api", "http-api", "http-api-v1")
    prefixed = staged and bool(settings.keys() & {"stage", "base_path"})
    assert (door.prefix in ("/dev", "/b")) == prefixed


def test_unknown_front_door() -> None:
    with pytest.raises(ConfigurationError, match="source: expected one of http-api"):
        FrontDoor("nginx")
