from __future__ import annotations

import json
from typing import Any

import pytest

from asgi_lambda.local.answer import Answer
from asgi_lambda.local.context import Context
from asgi_lambda.local.exchange import Exchange
from asgi_lambda.local.request import Request
from asgi_lambda.local.view import as_json, detail, summary


def exchange(**attributes: Any) -> Exchange:
    """One that arrived at 10 s."""
    found = Exchange("rest-api", Request("PUT", "/a?b=c", [("cookie", "a=1")], b"body"))
    found.arrived = 10.0
    for name, value in attributes.items():
        setattr(found, name, value)
    return found


def test_request_that_has_just_arrived() -> None:
    found = exchange()
    assert summary(found) == {
        "id": found.id,
        "source": "rest-api",
        "received": found.request.received,
        "method": "PUT",
        "target": "/a?b=c",
        "status": None,
        "duration": None,
        "failed": False,
        "refused": False,
        "running": False,
    }
    shown = detail(found)
    assert shown["http_out"] is None
    assert shown["event"] is None
    assert shown["scope"] is None
    assert shown["function"] is None
    assert shown["http_in"] == {
        "line": "PUT /a?b=c",
        "client": "192.0.2.1",
        "headers": [("cookie", "a=1")],
        "body": {"size": 4, "encoding": "text", "text": "body", "cut": False},
    }


def test_whole_exchange() -> None:
    found = exchange(
        invoked=10.001,
        returned=10.011,
        answered=10.012,
        event={"path": "/a"},
        response={"statusCode": 200},
        answer=Answer(200, [("a", "b")], b""),
        messages=[(10.002, "send", {"type": "http.response.body", "body": b"\xffx"})],
        log=[(10.003, "PRINT", "printed\n")],
    )
    shown = detail(found)
    assert shown["duration"] == pytest.approx(12)
    assert shown["function"] == pytest.approx(10)
    assert shown["running"] is False
    assert shown["event"] == {"path": "/a"}
    assert shown["response"] == {"statusCode": 200}
    assert shown["http_out"]["line"] == "200 OK"
    assert shown["messages"] == [
        {
            "at": pytest.approx(2),
            "direction": "send",
            "type": "http.response.body",
            "message": {"type": "http.response.body", "body": "\\xffx"},
        }
    ]
    assert shown["log"] == [{"at": pytest.approx(3), "level": "PRINT", "text": "printed"}]


def test_running_function() -> None:
    assert summary(exchange(invoked=10.0))["running"] is True


def test_function_that_failed() -> None:
    shown = detail(exchange(error=ValueError("on purpose"), reason="it raised ValueError"))
    assert (shown["failed"], shown["refused"]) == (True, True)
    assert "ValueError: on purpose" in shown["error"]


def test_scope_has_no_event_again_and_no_objects() -> None:
    context = Context(request_id="id")
    scope = {
        "type": "http",
        "path": "/",
        "raw_path": b"/",
        "headers": [(b"a", b"b")],
        "client": ("127.0.0.1", 0),
        "state": {"pool": object()},
        "aws.event": {"body": "secret"},
        "aws.context": context,
    }
    shown = detail(exchange(scope=scope))["scope"]
    assert shown["raw_path"] == "/"
    assert shown["headers"] == [["a", "b"]]
    assert shown["client"] == ["127.0.0.1", 0]
    assert shown["state"] == {"pool": "<builtins.object>"}
    assert shown["aws.event"] == "the event"
    assert shown["aws.context"]["aws_request_id"] == "id"
    assert not [name for name in shown["aws.context"] if name.startswith("_")]


@pytest.mark.parametrize(
    ("body", "encoding", "text", "cut"),
    [
        (b"\xff\x00", "base64", "/wA=", False),
        ("é".encode() * 40_000, "text", "é" * 32_768, True),
        (b"x" + "é".encode() * 40_000, "text", "x" + "é" * 32_767, True),
        (b"\xff" * 70_000, "base64", None, True),
    ],
    ids=["binary", "text", "text-cut-in-a-character", "large"],
)
def test_body(body: bytes, encoding: str, text: str | None, cut: bool) -> None:
    shown = detail(exchange(answer=Answer(200, [], body)))["http_out"]["body"]
    assert (shown["size"], shown["encoding"], shown["cut"]) == (len(body), encoding, cut)
    assert text is None or shown["text"] == text


def test_long_text_is_cut() -> None:
    shown = detail(exchange(event={"body": "x" * 70_000}))["event"]["body"]
    assert shown == "x" * 65_536 + "… and 4464 more"


def test_json_of_half_a_surrogate_pair() -> None:
    assert json.loads(as_json({"a": "é\ud800"})) == {"a": "é?"}
