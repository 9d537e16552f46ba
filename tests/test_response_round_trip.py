"""What an application sends behind a front door: all of it arrives, but for what that loses."""

from __future__ import annotations

from typing import Any, Final

import anyio
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from asgi_lambda import adapt
from asgi_lambda.local import Gateway
from asgi_lambda.local.answer import Answer
from asgi_lambda.local.events import BUILDERS
from asgi_lambda.local.front_door import FrontDoor
from asgi_lambda.local.request import Deployment, Request

SOURCES: Final = tuple(BUILDERS)
JOINED: Final = ("http-api", "function-url", "alb")

# No space at the ends, which is no part of a value.
VALUES: Final = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Z")), min_size=1, max_size=12
)
HEADERS: Final = st.lists(
    st.tuples(st.sampled_from(["x-first", "x-second", "vary", "etag"]), VALUES), max_size=6
)
COOKIES: Final = st.lists(st.sampled_from(["a=1", "b=2; Path=/", "c=3; HttpOnly"]), max_size=4)
TYPES: Final = st.sampled_from(
    ["text/html", "application/json", "image/png", "application/octet-stream", "text/plain; x=1"]
)
CHUNKS: Final = st.lists(st.binary(max_size=40) | st.text(max_size=20).map(str.encode), max_size=4)
examples: Final = settings(max_examples=40, deadline=None)


def answer(
    source: str, status: int, headers: list[tuple[str, str]], chunks: list[bytes], method: str
) -> Answer:
    """What the client of a front door gets of such a response."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        sent = [(name.encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body"})

    types = ["*/*"] if source == "rest-api" else []
    door = FrontDoor(source, Deployment(binary_media_types=types))
    request = Request(method, "/", [("accept", "*/*")])
    event = door.event(request)
    return door.read(adapt(app, lifespan="off")(event, None), request, "id")


def streamed(
    source: str, status: int, headers: list[tuple[str, str]], chunks: list[bytes], method: str
) -> Answer:
    """As `answer`, where the front door streams."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        sent = [(name.encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body"})

    gateway = Gateway(adapt(app, lifespan="off"), source, invoke_mode="RESPONSE_STREAM")
    exchange = gateway.open(gateway.door, Request(method, gateway.door.prefix))
    return anyio.run(gateway.answer, gateway.door, exchange)


def grouped(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


@pytest.mark.parametrize("source", SOURCES)
@examples
@given(status=st.integers(200, 599), chunks=CHUNKS, media_type=TYPES)
@example(status=200, chunks=[b"\xff", b"\x00"], media_type="text/html")
@example(status=200, chunks=["é".encode()[:1], "é".encode()[1:]], media_type="application/json")
@example(status=204, chunks=[b"none of it"], media_type="text/html")
def test_status_and_body(source: str, status: int, chunks: list[bytes], media_type: str) -> None:
    found = answer(source, status, [("content-type", media_type)], chunks, "GET")
    assert found.status == status
    assert dict(found.headers)["content-type"] == media_type
    if status in (204, 304):
        assert found.body == b""
    else:
        assert found.body == b"".join(chunks)
        assert dict(found.headers)["content-length"] == str(len(found.body))


@pytest.mark.parametrize("source", SOURCES)
@examples
@given(headers=HEADERS, cookies=COOKIES)
@example(headers=[("vary", "é"), ("vary", "a, b")], cookies=["a=1", "b=2; Path=/", "a=1"])
def test_headers(source: str, headers: list[tuple[str, str]], cookies: list[str]) -> None:
    sent = [*headers, *(("set-cookie", cookie) for cookie in cookies)]
    found = grouped(answer(source, 200, sent, [b"x"], "GET").headers)
    # Of an ALB without multi-value headers, case variants of the name carry several of them.
    assert sorted(found.pop("set-cookie", [])) == sorted(cookies)
    for name, values in grouped(headers).items():
        if source in JOINED:
            values = [", ".join(values)]
        elif source == "alb-multi-value":
            values = values[::-1]
        assert found[name] == values


@pytest.mark.parametrize("source", SOURCES)
def test_head_has_the_headers_of_a_get(source: str) -> None:
    headers = [("content-type", "image/png"), ("etag", '"1"')]
    get, head = (answer(source, 200, headers, [b"x"], method) for method in ("GET", "HEAD"))
    assert head.body == b""
    assert dict(head.headers).items() <= dict(get.headers).items()
    assert dict(head.headers)["etag"] == '"1"'


@pytest.mark.parametrize("source", ["function-url", "rest-api"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@examples
@given(status=st.integers(200, 599), chunks=CHUNKS, headers=HEADERS, cookies=COOKIES)
@example(status=200, chunks=[bytes(8), b"\xff"], headers=[("vary", "\xe9")], cookies=["a=1", "a=1"])
@example(status=304, chunks=[b"none of it"], headers=[], cookies=[])
def test_a_stream_is_the_same_response(
    source: str,
    method: str,
    status: int,
    chunks: list[bytes],
    headers: list[tuple[str, str]],
    cookies: list[str],
) -> None:
    sent = [*headers, *(("set-cookie", cookie) for cookie in cookies)]
    whole, stream = (each(source, status, sent, chunks, method) for each in (answer, streamed))
    assert (stream.status, stream.body) == (whole.status, whole.body)
    pairs = [pair for pair in whole.headers if pair[0] != "content-length"]
    found, expected = grouped(stream.headers), grouped(pairs)
    assert found.pop("x-amzn-requestid")
    assert expected.pop("x-amzn-requestid")
    assert {name: sorted(found[name]) for name in found} == {
        name: sorted(expected[name]) for name in expected
    }
