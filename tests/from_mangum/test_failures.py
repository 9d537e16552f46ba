"""The rows of the page on what goes wrong."""

from __future__ import annotations

import logging
from typing import Any

import anyio
import pytest

from tests.applications import Context, respond
from tests.frameworks.front_doors import FUNCTION_URL, HTTP_API
from tests.from_mangum.sides import handlers, request, response, results

EVENT = request(HTTP_API)


def test_application_that_raises_before_its_response() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("broken")

    for result in results(app, EVENT):
        assert (result["statusCode"], result["body"]) == (500, "Internal Server Error")


def test_application_that_raises_after_its_response() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await respond(send)
        raise RuntimeError("broken")

    for result in results(app, EVENT):
        assert (result["statusCode"], result["body"]) == (200, "ok")


def test_application_that_returns_without_a_response() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        pass

    theirs, ours = handlers(app)

    with pytest.raises(AttributeError):
        theirs(EVENT, Context())
    assert ours(EVENT, Context())["statusCode"] == 500


def test_application_that_raises_systemexit() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise SystemExit(3)

    theirs, ours = handlers(app)

    assert theirs(EVENT, Context())["statusCode"] == 500
    with pytest.raises(SystemExit):
        ours(EVENT, Context())


def test_request_that_reaches_the_deadline() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        # Longer than what is left, and soon over for who waits for it.
        await anyio.sleep(0.2)
        await respond(send)

    theirs, ours = (handler(EVENT, Context(milliseconds=80)) for handler in handlers(app))

    assert theirs["statusCode"] == 200  # too late for Lambda, which had ended the process
    assert ours["statusCode"] == 504


def test_response_that_is_too_large() -> None:
    text = response(b"x" * 7_000_000, headers={b"content-type": b"text/plain"})

    theirs, ours = results(text, EVENT)

    assert (theirs["statusCode"], len(theirs["body"])) == (200, 7_000_000)
    assert ours["statusCode"] == 500


@pytest.mark.parametrize("body", ["no base64", "abc"])
def test_body_that_claims_to_be_base64(body: str) -> None:
    received = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        received.append((await receive())["body"])
        await respond(send)

    event = request(FUNCTION_URL) | {"body": body, "isBase64Encoded": True}
    theirs, ours = handlers(app)

    if body == "abc":
        with pytest.raises(ValueError, match="Incorrect padding"):
            theirs(event, Context())
    else:
        assert theirs(event, Context())["statusCode"] == 200
        assert received.pop() not in (b"", body.encode())
    assert ours(event, Context())["statusCode"] == 400
    assert received == []


def test_map_that_is_null() -> None:
    event = request(HTTP_API) | {"headers": None}

    theirs, ours = handlers(response())

    with pytest.raises(AttributeError):
        theirs(event, Context())
    assert ours(event, Context())["statusCode"] == 200


def test_log_of_a_request(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    theirs, ours = handlers(response())
    logging_too = handlers(response(), ours={"access_log": True}).ours

    for handler, names in ((theirs, ["mangum.http"]), (ours, []), (logging_too, ["asgi_lambda"])):
        caplog.clear()
        handler(EVENT, Context())
        assert [record.name for record in caplog.records] == names
