"""The built events beside samples of real ones, for the request that each sample came from."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Final

import pytest

from asgi_lambda import ConfigurationError
from asgi_lambda.local.events import BUILDERS, build
from asgi_lambda.local.request import Deployment, Request
from asgi_lambda.sources import detect

EVENTS: Final = Path(__file__).parent.parent / "events"
# Maps whose keys are the client's.
MAPS: Final = (
    "headers",
    "multiValueHeaders",
    "queryStringParameters",
    "multiValueQueryStringParameters",
    "pathParameters",
)

# Per sample: its front door, and the keys in which it differs from what is built, with the reason.
AUTHORIZED: Final = {
    "requestContext.authentication": "mutual TLS, or null beside an authorizer",
    "requestContext.authorizer": "a JWT or IAM authorizer",
    "pathParameters": "a route with parameters, or null in an older event",
    "stageVariables": "a stage with variables, or null in an older event",
}
NO_QUERY: Final = {"queryStringParameters": "left over in an event edited by hand"}
MUTUAL_TLS: Final = {"requestContext.identity.clientCert": "mutual TLS"}
SAMPLES: Final = {
    "rest-v1/sample-get-null-maps-stage-prod": ("rest-api", {}),
    "rest-v1/docs-helloworld-post-stage-test": (
        "rest-api",
        {"requestContext.identity.principalOrgId": "an event of 2019, before the key came"},
    ),
    "http-v1/docs-payload-1.0-get": ("http-api-v1", MUTUAL_TLS),
    "http-v1/powertools-json-body": ("http-api-v1", MUTUAL_TLS),
    "http-v2/sample-get-stage-no-body-base64true": ("http-api", {}),
    "http-v2/docs-payload-2.0-post-cookies-jwt": ("http-api", AUTHORIZED),
    "http-v2/powertools-get": ("http-api", AUTHORIZED),
    "function-url/powertools-get-anonymous": ("function-url", {}),
    "function-url/docs-post-iam-cookies": ("function-url", AUTHORIZED),
    "function-url/powertools-get-multivalue-headers": ("function-url", NO_QUERY),
    "alb/docs-elb-get": ("alb", {}),
    "alb/docs-health-check": ("alb", {}),
    "alb/powertools-get": ("alb", {}),
    "alb/sam-post-base64": ("alb", {}),
    "alb-multi/powertools-headers": ("alb-multi-value", {}),
    "alb-multi/powertools-query-and-headers": ("alb-multi-value", {}),
}
# The guide prints the first of several values in the single map; captures have the last there.
FIRST_VALUES: Final = ("http-v1/docs-payload-1.0-get", "http-v1/powertools-json-body")
# Events of requests that came over the wire, with all the headers that AWS adds.
WITH_ALL_HEADERS: Final = (
    "rest-v1/sample-get-null-maps-stage-prod",
    "rest-v1/docs-helloworld-post-stage-test",
    "http-v2/sample-get-stage-no-body-base64true",
    "function-url/powertools-get-anonymous",
    "alb/docs-elb-get",
    "alb/powertools-get",
    "alb-multi/powertools-headers",
    "alb-multi/powertools-query-and-headers",
)


def load(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


def request_of(event: dict[str, Any]) -> Request:
    """The request that an event came from."""
    context = event["requestContext"]
    http = context.get("http") or {"method": event.get("httpMethod")}
    many = event.get("multiValueHeaders") or {
        name: [value] for name, value in event["headers"].items()
    }
    headers = [(name, value) for name, values in many.items() for value in values]
    if event.get("cookies") and not event["headers"].get("cookie"):
        headers.append(("cookie", "; ".join(event["cookies"])))
    query = event.get("rawQueryString")
    if query is None:
        parameters = event.get("multiValueQueryStringParameters") or {
            key: [value] for key, value in (event.get("queryStringParameters") or {}).items()
        }
        query = "&".join(f"{key}={value}" for key, values in parameters.items() for value in values)
    body = (event.get("body") or "").encode()
    if event["isBase64Encoded"]:
        body = base64.b64decode(body)
    path = event.get("rawPath", event.get("path"))
    return Request(http["method"], f"{path}?{query}", headers, body)


def built(name: str) -> dict[str, Any]:
    event = load(name)
    stage = event["requestContext"].get("stage")
    deployment = Deployment(None if SAMPLES[name][0] == "function-url" else stage)
    request = request_of(event)
    if SAMPLES[name][0] == "http-api" and stage != "$default":
        request.path = request.path.removeprefix(f"/{stage}")
    return build(SAMPLES[name][0], request, deployment)


def keys(value: Any, at: str = "") -> set[str]:
    """Every key with the way to it; the client's own keys count as one."""
    if not isinstance(value, dict):
        return set()
    found = set()
    for key, inner in value.items():
        found.add(at + key)
        if key not in MAPS:
            found |= keys(inner, f"{at}{key}.")
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_the_keys_are_those_of_the_sample(name: str) -> None:
    differences: dict[str, str] = SAMPLES[name][1]
    different = keys(built(name)) ^ keys(load(name))
    assert {key for key in different if not key.startswith(tuple(differences))} == set()
    assert all(any(key.startswith(each) for key in different) for each in differences)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_values_of_the_client_are_those_of_the_sample(name: str) -> None:
    event, sample = built(name), load(name)
    same = {"version", "httpMethod", "path", "rawPath", "rawQueryString", "cookies", "body"}
    same |= {"queryStringParameters", "multiValueQueryStringParameters"}
    if SAMPLES[name][1] is NO_QUERY or name in FIRST_VALUES:
        same.discard("queryStringParameters")
    if not sample["isBase64Encoded"] and event["isBase64Encoded"]:
        # Samples of the guides have text bodies without a type, which are base64 in captures.
        assert base64.b64decode(event["body"]).decode() == sample["body"]
        same.discard("body")
    assert {key: event[key] for key in same & event.keys()} == {
        key: sample[key] for key in same & sample.keys()
    }


@pytest.mark.parametrize("name", WITH_ALL_HEADERS)
@pytest.mark.parametrize("key", ["headers", "multiValueHeaders"])
def test_the_names_of_headers_are_those_of_the_sample(name: str, key: str) -> None:
    assert built(name).get(key, {}).keys() == load(name).get(key, {}).keys()


@pytest.mark.parametrize("name", [name for name in SAMPLES if not name.startswith("alb")])
def test_the_path_of_the_request_context_is_that_of_the_sample(name: str) -> None:
    event, sample = built(name)["requestContext"], load(name)["requestContext"]
    assert event.get("http", event)["path"] == sample.get("http", sample)["path"]
    assert event["stage"] == sample["stage"]


@pytest.mark.parametrize("source", BUILDERS)
def test_detected_as_what_it_is(source: str) -> None:
    found = detect(build(source, Request("GET", "/")))
    assert found is not None
    assert found.name == source


@pytest.mark.parametrize("source", BUILDERS)
def test_the_event_is_json_and_a_function_of_the_request(source: str) -> None:
    request = Request("POST", "/a?b=c", [("Cookie", "d=e"), ("content-type", "text/plain")], b"f")
    event = build(source, request)
    assert json.loads(json.dumps(event)) == event
    assert build(source, request) == event


@pytest.mark.parametrize("source", ["alb", "alb-multi-value", "function-url"])
@pytest.mark.parametrize(
    "deployment", [Deployment("prod"), Deployment(base_path="/v1")], ids=["stage", "base-path"]
)
def test_no_stage_where_there_are_none(source: str, deployment: Deployment) -> None:
    with pytest.raises(ConfigurationError, match=r"stages and base paths .* got '" + source):
        build(source, Request("GET", "/"), deployment)


def test_unknown_source() -> None:
    with pytest.raises(ConfigurationError, match=r"expected one of http-api, .* got 'nginx'"):
        build("nginx", Request("GET", "/"))
