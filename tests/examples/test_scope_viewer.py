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
SECRETS = {
    "authorization": "Bearer sesame",
    "cookie": "session=sesame; other=sesame",
    "x-api-key": "sesame",
    "x-amz-security-token": "sesame",
}


def requests() -> list[Any]:
    """The events of our collection that are requests, by their name."""
    found = []
    for path in sorted(EVENTS.rglob("*.json")):
        event = json.loads(path.read_text())
        try:
            accepted = detect(event) is not None
        except UnsupportedEvent:
            continue
        if accepted:
            found.append(pytest.param(event, id=str(path.relative_to(EVENTS))))
    return found


def values(part: Any) -> list[str]:
    """The texts in a value, however deep."""
    if isinstance(part, dict):
        return [text for each in part.values() for text in values(each)]
    if isinstance(part, list):
        return [text for each in part for text in values(each)]
    return [part] if isinstance(part, str) else []


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
        answer = client.get("/a%20b?x=1&y=%C3%A9", headers=AS_JSON)
        shown = answer.json()

        assert answer.headers["content-type"] == "application/json"
        assert shown["scope"]["path"] == f"{door.prefix}/a b"
        assert shown["scope"]["root_path"] == door.prefix
        assert shown["scope"]["query_string"] == "x=1&y=é"
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
def test_secrets_are_masked(client: httpx.Client, accept: str) -> None:
    target = "/?access_token=sesame&word=open&X-Amz-Signature=sesame"

    answer = client.get(target, headers={**SECRETS, "accept": accept})

    assert "sesame" not in answer.text
    assert "(hidden, 13 characters)" in answer.text  # that there was an authorization
    assert "open" in answer.text


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
