"""The rows of the page on responses: what an application sends, and what Lambda gets of it."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_lambda.local.context import Context
from tests.frameworks.front_doors import (
    ALB,
    ALB_MULTI_VALUE,
    FRONT_DOORS,
    FUNCTION_URL,
    HTTP_API,
    HTTP_API_V1_STAGE,
    REST_STAGE,
    FrontDoor,
)
from tests.from_mangum.sides import handlers, request, response, results

EVERY_DOOR = pytest.mark.parametrize("door", FRONT_DOORS, ids=lambda door: door.name)


def typed(media_type: bytes, body: bytes) -> Any:
    return response(body, headers={b"content-type": media_type})


@EVERY_DOOR
@pytest.mark.parametrize("media_type", [b"text/plain", b"application/json", b"application/xml"])
def test_common_texts(door: FrontDoor, media_type: bytes) -> None:
    for result in results(typed(media_type, b"text"), request(door)):
        assert (result["body"], result["isBase64Encoded"]) == ("text", False)


@EVERY_DOOR
@pytest.mark.parametrize(
    "media_type",
    [
        b"application/problem+json",
        b"application/x-www-form-urlencoded",
        b"application/yaml",
        b"image/svg+xml",
    ],
)
def test_other_texts(door: FrontDoor, media_type: bytes) -> None:
    theirs, ours = results(typed(media_type, b"text"), request(door))

    assert (theirs["body"], theirs["isBase64Encoded"]) == ("dGV4dA==", True)
    assert (ours["body"], ours["isBase64Encoded"]) == ("text", False)


@EVERY_DOOR
def test_bytes(door: FrontDoor) -> None:
    for result in results(typed(b"image/png", b"\x89PNG"), request(door)):
        assert (result["body"], result["isBase64Encoded"]) == ("iVBORw==", True)


def test_text_of_a_binary_type_behind_a_rest_api() -> None:
    theirs, ours = results(typed(b"application/octet-stream", b"text"), request(REST_STAGE))

    assert (theirs["body"], theirs["isBase64Encoded"]) == ("dGV4dA==", True)
    assert (ours["body"], ours["isBase64Encoded"]) == ("text", False)


@EVERY_DOOR
def test_content_encoding_on_a_text(door: FrontDoor) -> None:
    headers = {b"content-type": b"text/plain", b"content-encoding": b"br"}

    theirs, ours = results(response(b"text", headers=headers), request(door))

    assert (theirs["body"], theirs["isBase64Encoded"]) == ("text", False)
    assert (ours["body"], ours["isBase64Encoded"]) == ("dGV4dA==", True)


@EVERY_DOOR
def test_response_without_a_content_type(door: FrontDoor) -> None:
    theirs, ours = (result.get("headers") for result in results(response(), request(door)))

    payload_v2 = door.source in ("http-api", "function-url")
    assert (theirs or {}) == ({"content-type": "application/json"} if payload_v2 else {})
    assert (ours or {}) == {}


def repeating(*pairs: tuple[bytes, bytes]) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": list(pairs)})
        await send({"type": "http.response.body"})

    return app


TWO_COOKIES = repeating((b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"))
TWO_TAGS = repeating((b"x-tag", b"1"), (b"x-tag", b"2"))


@pytest.mark.parametrize("door", [HTTP_API, FUNCTION_URL], ids=lambda door: door.name)
def test_several_cookies(door: FrontDoor) -> None:
    for result in results(TWO_COOKIES, request(door)):
        assert result["cookies"] == ["a=1", "b=2"]
    for other in (REST_STAGE, HTTP_API_V1_STAGE, ALB_MULTI_VALUE):
        for result in results(TWO_COOKIES, request(other)):
            assert result["multiValueHeaders"]["set-cookie"] == ["a=1", "b=2"]


def test_several_cookies_behind_an_alb() -> None:
    for result in results(TWO_COOKIES, request(ALB)):
        spellings = [name for name in result["headers"] if name.lower() == "set-cookie"]
        assert len(spellings) == 2
        assert sorted(result["headers"][name] for name in spellings) == ["a=1", "b=2"]


def test_repeated_response_headers() -> None:
    theirs, ours = results(TWO_TAGS, request(ALB))
    assert theirs["headers"] == {"x-tag": "1", "X-tag": "2"}
    assert ours["headers"] == {"x-tag": "1, 2"}
    theirs, ours = results(TWO_TAGS, request(HTTP_API))
    assert theirs["headers"]["x-tag"] == "1,2"
    assert ours["headers"]["x-tag"] == "1, 2"
    for result in results(TWO_TAGS, request(REST_STAGE)):
        assert result["multiValueHeaders"] == {"x-tag": ["1", "2"]}


@EVERY_DOOR
def test_headers_of_one_connection(door: FrontDoor) -> None:
    headers = {b"transfer-encoding": b"chunked", b"connection": b"close"}

    theirs, ours = results(response(headers=headers), request(door))

    assert "transfer-encoding" in str(theirs)
    assert "transfer-encoding" not in str(ours)
    assert "connection" in str(theirs)
    assert "connection" not in str(ours)


@EVERY_DOOR
@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_answers_that_have_no_body(door: FrontDoor, method: str, status: int) -> None:
    app = response(b"text", status=status, headers={b"content-type": b"text/plain"})

    theirs, ours = results(app, request(door, method=method))

    assert (theirs["body"], ours["body"]) == ("text", "")


@EVERY_DOOR
def test_header_value_that_is_no_utf_8(door: FrontDoor) -> None:
    theirs, ours = handlers(response(headers={b"x-name": b"caf\xe9"}))

    with pytest.raises(UnicodeDecodeError):
        theirs(request(door), Context())
    assert "café" in str(ours(request(door), Context()))


@EVERY_DOOR
def test_line_break_in_a_header(door: FrontDoor) -> None:
    theirs, ours = results(response(headers={b"x-name": b"a\r\nx-forged: b"}), request(door))

    assert theirs["statusCode"] == 200
    assert "x-forged" in str(theirs)
    assert ours["statusCode"] == 500
    assert "x-forged" not in str(ours)


@EVERY_DOOR
def test_streamed_response(door: FrontDoor) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for chunk in (b"one ", b"two"):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body"})

    for result in results(app, request(door)):
        assert result["body"] == "one two"
