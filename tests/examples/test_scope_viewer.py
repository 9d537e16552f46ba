"""The viewer, as it stands, behind each front door: what it shows, and what it hides."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from asgi_lambda import UnsupportedEvent
from asgi_lambda.sources import detect
from tests.examples.running import Example
from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "scope_viewer"

EVENTS = Path(__file__).parent.parent / "events"
AS_JSON = {"accept": "application/json"}
# Headers of clients, of load balancers that sign people in, and of mutual TLS.
SECRETS = {
    "authorization": "Bearer sesame",
    "cookie": "session=sesame; other=sesame",
    "forwarded": "for=sesame",
    "proxy-authorization": "Basic sesame",
    "referer": "https://example.com/?access_token=sesame",
    "x-amz-security-token": "sesame",
    "x-amzn-mtls-clientcert-leaf": "sesame",
    "x-amzn-oidc-accesstoken": "sesame",
    "x-amzn-oidc-data": "sesame",
    "x-amzn-oidc-identity": "sesame",
    "x-api-key": "sesame",
    "x-forwarded-access-token": "sesame",
    "x-of-ones-own": "sesame",
}
# What API Gateway, Lambda and whoever deploys them put into a request context.
CONTEXT = {
    "authorizer": {
        "claims": {"sub": "sesame", "path": "sesame", "level": 81547, "groups": ["sesame"]},
        "jwt": {"claims": {"http": {"method": "sesame"}}, "scopes": ["sesame"]},
        "lambda": {"tenant": 81547, "share": 8.1547, "nested": [{"type": "sesame"}]},
        "iam": {"accessKey": "sesame", "callerId": "sesame", "userArn": "sesame"},
        "principalId": "sesame",
        "protocol": "sesame",
        "headers": {"host": "sesame"},
        "requestContext": {"path": "sesame"},
    },
    "authentication": {"clientCert": {"clientCertPem": "sesame", "subjectDN": "sesame"}},
    "identity": {
        "accessKey": "sesame",
        "accountId": "81547",
        "apiKey": "sesame",
        "apiKeyId": "sesame",
        "caller": "sesame",
        "clientCert": {"clientCertPem": "sesame", "validity": {"notAfter": "sesame"}},
        "cognitoIdentityId": "sesame",
        "sourceIp": "203.0.113.7",
        "user": "sesame",
        "userArn": "sesame",
    },
    "accountId": "81547",
    "ofTomorrow": {"type": "sesame"},
}
# Queries in which nothing may be seen, but the names of what has a value.
QUERIES = [
    "access_token=sesame&word=sesame&X-Amz-Signature=sesame",
    "access%5Ftoken=sesame&%70in=sesame",
    "pin=81547",
    "sesame",
    "q=tea&sesame=&page=2",
    "sesame==",
    "redirect=https%3A%2F%2Fexample.com%2F%3Ftoken%3Dsesame",
]


def requests() -> list[Any]:
    """The events of our collection that are requests, by their name."""
    found = []
    for path in sorted(EVENTS.rglob("*.json")):
        event = json.loads(path.read_text())
        try:
            source = detect(event)
        except UnsupportedEvent:
            continue
        if source is not None and not source.is_websocket:
            found.append(pytest.param(event, id=str(path.relative_to(EVENTS))))
    return found


def values(part: Any) -> list[str]:
    """The texts and numbers in a value, however deep, as text."""
    if isinstance(part, dict):
        return [text for each in part.values() for text in values(each)]
    if isinstance(part, list):
        return [text for each in part for text in values(each)]
    return [] if part is None else [str(part)]


def private(event: Any) -> list[str]:
    """What an event has that must not be shown."""
    context = event.get("requestContext") or {}
    texts = values(context.get("authorizer")) + values(context.get("authentication"))
    texts += [
        text
        for key, each in (context.get("identity") or {}).items()
        for text in values(each)
        if key not in ("sourceIp", "userAgent")
    ]
    texts += values(event.get("stageVariables")) + values(event.get("cookies"))
    for name, value in (event.get("headers") or {}).items():
        if name.lower() in ("authorization", "cookie", "x-api-key"):
            texts += values(value)
    # Short ones, as a country, are somewhere in any page; so is the number of the account.
    return [text for text in texts if len(text) > 8 and not text.isdigit()]


def test_scope_and_event_are_shown(client: httpx.Client, door: FrontDoor) -> None:
    for _ in range(3):
        answer = client.get("/a%20b?page=1&q=caf%C3%A9", headers=AS_JSON)
        shown = answer.json()

        assert answer.headers["content-type"] == "application/json"
        assert shown["scope"]["path"] == f"{door.prefix}/a b"
        assert shown["scope"]["root_path"] == door.prefix
        assert shown["scope"]["query_string"] == "page=1&q=caf%C3%A9"
        assert ["host", door.host] in shown["scope"]["headers"]
        assert "requestContext" in shown["event"]
        assert shown["context"]["function_name"] == "example"


def test_page_escapes_what_arrived(client: httpx.Client) -> None:
    hostile = "<script>alert(1)</script>"

    answer = client.get("/%3Cscript%3E?q=%3Cscript%3E", headers={"x-kind": hostile})

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_secret_headers_are_hidden(client: httpx.Client, accept: str) -> None:
    answer = client.get("/", headers={**SECRETS, "accept": accept})

    assert "sesame" not in answer.text
    for name in SECRETS:
        assert name in answer.text or name == "cookie"
    assert "(hidden, 13 characters)" in answer.text  # that there was an authorization


@pytest.mark.parametrize("query", QUERIES)
def test_query_is_hidden_but_for_what_is_listed(client: httpx.Client, query: str) -> None:
    answer = client.get(f"/?{query}", headers=AS_JSON)

    assert answer.status_code == 200
    assert "sesame" not in answer.text
    assert "81547" not in answer.text


def test_listed_parameters_are_shown_and_others_named(client: httpx.Client) -> None:
    answer = client.get("/?q=tea&colour=green&page=2", headers=AS_JSON)

    query = answer.json()["scope"]["query_string"]
    assert query == "q=tea&colour=(hidden, 5 characters)&page=2"


def test_nothing_of_who_calls_is_shown(example: Example, door: FrontDoor) -> None:
    event = door.event(method="POST", target=f"{door.prefix}/", body=b"password=sesame")
    event["requestContext"] |= CONTEXT
    event |= {
        "stageVariables": {"path": "sesame", "limit": 81547},
        "pathParameters": {"proxy": "sesame"},
        "cookies": ["session=sesame"],
    }

    body = example(event)["body"]

    assert "sesame" not in body
    assert "81547" not in body
    assert "8.1547" not in body
    assert "203.0.113.7" in body


def test_body_is_not_shown(client: httpx.Client) -> None:
    answer = client.post("/", content=b"password=sesame", headers=AS_JSON)

    assert "sesame" not in answer.text


@pytest.mark.parametrize("event", requests())
def test_no_secret_of_a_real_event_is_shown(example: Example, event: Any) -> None:
    response = example(event)

    # What is no valid base64 is answered by the adapter.
    assert response["statusCode"] in (200, 400)
    for text in private(event):
        assert text not in response["body"]
