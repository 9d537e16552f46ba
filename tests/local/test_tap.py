from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from asgi_lambda import adapt
from asgi_lambda.local import exchange as exchanges
from asgi_lambda.local.exchange import Exchange, current
from asgi_lambda.local.request import Request
from asgi_lambda.local.tap import noting_log, tap

EVENT = {
    "version": "2.0",
    "rawPath": "/",
    "rawQueryString": "",
    "headers": {},
    "requestContext": {"http": {"method": "GET", "path": "/"}},
}


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """An exchange whose invocation runs in this context."""
    exchange = Exchange("http-api", Request("GET", "/"))
    token = current.set(exchange)
    yield exchange
    current.reset(token)


async def app(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def test_scope_and_messages(exchange: Exchange) -> None:
    handler = adapt(app, lifespan="off")
    tap(handler)
    assert handler(EVENT)["statusCode"] == 204
    assert exchange.scope is not None
    assert exchange.scope["raw_path"] == b"/"
    assert [(direction, message["type"]) for _, direction, message in exchange.messages] == [
        ("receive", "http.request"),
        ("send", "http.response.start"),
        ("send", "http.response.body"),
    ]
    moments = [moment for moment, _, _ in exchange.messages]
    assert [exchange.arrived, *moments] == sorted([exchange.arrived, *moments])


def test_of_very_many_messages_and_bytes_not_all_are_kept(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchanges, "_MOST_NOTED", 5)
    monkeypatch.setattr(exchanges, "_MOST_MESSAGES", 3)
    for body in (b"four", b"four", b"", b"4"):
        exchange.note("send", {"body": body})
    assert [message["body"] for _, _, message in exchange.messages] == [
        b"four",
        "4 bytes",
        "0 bytes",
    ]
    assert exchange.noted == 9


def test_nothing_is_noted_outside_of_an_invocation() -> None:
    handler = adapt(app, lifespan="off")
    tap(handler)
    assert handler(EVENT)["statusCode"] == 204
    with noting_log():
        logging.getLogger("of.nobody").warning("nothing")
        print("nothing")


def test_log_and_prints(exchange: Exchange, capsys: pytest.CaptureFixture[str]) -> None:
    with noting_log():
        logging.getLogger("of.an.application").warning("careful with %s", "this")
        # Its records come to both loggers, and once into the log.
        logging.getLogger("asgi_lambda").error("wrong", exc_info=ValueError("on purpose"))
        print("one", "line")
        print("another")
        sys.stdout.flush()
    print("later")
    logging.getLogger("asgi_lambda").error("later")
    entries = [(level, text) for _, level, text in exchange.log]
    assert entries == [
        ("WARNING", "careful with this"),
        ("ERROR", "wrong\nValueError: on purpose"),
        ("PRINT", "one line\n"),
        ("PRINT", "another\n"),
    ]
    assert capsys.readouterr().out == "one line\nanother\nlater\n"
