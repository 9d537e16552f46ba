"""A stream as a front door reads it: prelude, body, and every way it can end."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest

from asgi_lambda.local import streamed_answer
from asgi_lambda.local.exchange import Exchange
from asgi_lambda.local.front_door import FrontDoor
from asgi_lambda.local.refusal import Cause, Refused
from asgi_lambda.local.request import Request
from asgi_lambda.local.streamed_answer import StreamedAnswer
from asgi_lambda.runtime import prelude
from tests.local.streaming import headers

NULS = bytes(8)


class Reader:
    """Feeds a stream to a front door, and takes what comes of it."""

    def __init__(self, source: str = "function-url", method: str = "GET") -> None:
        self.sent: list[Any] = []
        self.exchange = Exchange(source, Request(method, "/"))
        door = FrontDoor(source, invoke_mode="RESPONSE_STREAM")
        self.streamed = StreamedAnswer(door, self.exchange, self._send)

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    def read(self, *parts: bytes, error: str = "", kind: str = prelude.CONTENT_TYPE) -> None:
        async def main() -> None:
            await self.streamed.begin(kind)
            for part in parts:
                assert await self.streamed.write(part)
            await self.streamed.end(error)

        anyio.run(main)

    def refused(self) -> str:
        with pytest.raises(Refused) as caught:
            self.streamed.result("")
        assert caught.value.cause is Cause.FAILED
        assert self.sent == []
        return str(caught.value)

    @property
    def bodies(self) -> list[bytes]:
        return [message["body"] for message in self.sent[1:]]


@pytest.mark.parametrize("source", ["function-url", "rest-api"])
@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_prelude_in_pieces(source: str, cut: int) -> None:
    reader = Reader(source)
    whole = b'{"statusCode": 201, "headers": {"X-A": "1"}, "cookies": ["a=1", "b=2"]}' + NULS + b"x"
    reader.read(whole[:cut], whole[cut:], b"y", b"")
    assert reader.sent[0]["status"] == 201
    assert sorted(headers(reader.sent[0])) == [
        ("content-type", "application/json"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("x-a", "1"),
    ]
    assert b"".join(reader.bodies) == b"xy"
    assert reader.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
    answer = reader.streamed.result("")
    assert answer is reader.exchange.answer
    assert answer is not None
    assert (answer.status, answer.body, answer.size) == (201, b"xy", 2)
    assert [direction for _, direction, _ in reader.exchange.messages] == ["passed on"] * 2


def test_prelude_without_a_status_and_a_body() -> None:
    reader = Reader()
    reader.read(b"{}" + NULS)
    assert reader.sent[0]["status"] == 200
    assert reader.bodies == [b""]


def test_nuls_of_the_body_are_the_bodys() -> None:
    reader = Reader()
    reader.read(b"{}" + NULS + NULS, NULS)
    assert reader.bodies == [NULS, NULS, b""]


def test_lengths_and_repeated_headers() -> None:
    reader = Reader("rest-api")
    fields = b'{"multiValueHeaders": {"x-a": ["1", "2"], "content-length": ["5"], "server": ["s"]}}'
    reader.read(fields + NULS + b"five!")
    assert headers(reader.sent[0]) == [
        ("x-a", "1"),
        ("x-a", "2"),
        ("x-amzn-remapped-content-length", "5"),
        ("x-amzn-remapped-server", "s"),
        ("content-type", "application/json"),
    ]


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_answers_without_a_body(method: str) -> None:
    reader = Reader(method=method)
    reader.read(b'{"statusCode": %d}' % (200 if method == "HEAD" else 204) + NULS + b"body")
    assert reader.bodies == [b""]


@pytest.mark.parametrize("source", ["function-url", "rest-api"])
@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"<html>" + NULS, "prelude: expected JSON"),
        (b"\xff" + NULS, "prelude: expected JSON"),
        (b"[]" + NULS, "prelude: expected an object, got list"),
        (b'{"statusCode": "none"}' + NULS, "statusCode: expected"),
        (b'{"headers": {"x": ["1"]}}' + NULS, "header x: expected text, got list"),
        (b'{"headers": []}' + NULS, "headers: expected an object"),
        (b'{"cookies": "a=1"}' + NULS, "cookies: expected a list"),
        (b'{"statusCode": 200}', "the stream ended early: within its prelude"),
        (b"", "the stream ended early: within its prelude"),
    ],
)
def test_malformed_prelude(source: str, start: bytes, message: str) -> None:
    reader = Reader(source)
    reader.read(start, b"what Lambda takes, and nobody reads")
    assert message in reader.refused()


def test_keys_of_a_rest_api() -> None:
    reader, other = Reader("rest-api"), Reader("function-url")
    for each in (reader, other):
        each.read(b'{"body": "x", "isBase64Encoded": false}' + NULS)
    assert "got ['body', 'isBase64Encoded']" in reader.refused()
    assert other.sent[0]["status"] == 200


@pytest.mark.parametrize("ends", [True, False])
def test_prelude_that_a_rest_api_finds_too_large(ends: bool) -> None:
    fields = b'{"headers": {"x": "%s"}}' % (b"x" * prelude.LARGEST)
    reader, other = Reader("rest-api"), Reader("function-url")
    reader.read(fields + (NULS if ends else b""))
    assert reader.refused() == "expected a prelude of at most 16384 bytes, got more"
    other.read(fields + NULS)
    assert other.sent[0]["status"] == 200


def test_stream_of_another_type() -> None:
    reader, other = Reader("function-url"), Reader("rest-api")
    reader.read(b"raw", kind="application/octet-stream")
    assert headers(reader.sent[0]) == [("content-type", "application/octet-stream")]
    assert reader.bodies == [b"raw", b""]
    other.read(b"raw", kind="application/octet-stream")
    assert "got application/octet-stream" in other.refused()


def test_error_before_the_first_byte() -> None:
    reader = Reader()
    reader.read(b"", error="ValueError")
    assert reader.refused() == "the stream ended early: ValueError"


def test_error_after_the_first_byte() -> None:
    reader = Reader()
    reader.read(b"{}" + NULS + b"x", error="ValueError")
    assert reader.bodies == [b"x"]
    assert reader.streamed.broken == "the stream ended early: ValueError"
    assert reader.streamed.result("said twice") is reader.exchange.answer


def test_failure_that_is_no_part_of_the_stream() -> None:
    reader = Reader()
    assert reader.streamed.result("") is None
    with pytest.raises(Refused, match="it was killed"):
        reader.streamed.result("it was killed")


def test_largest_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed_answer, "LIMIT", 14)
    reader = Reader()

    async def main() -> list[bool]:
        await reader.streamed.begin(prelude.CONTENT_TYPE)
        return [await reader.streamed.write(part) for part in (b"{}" + NULS, b"four", b"5", b"")]

    assert anyio.run(main) == [True, True, False, False]
    assert reader.bodies == [b"four"]
    assert reader.streamed.broken == "expected at most 14 bytes, got more"


def test_only_the_beginning_of_the_body_is_kept() -> None:
    reader = Reader()
    reader.exchange.scope = {}  # a tap notes the messages
    reader.read(b"{}" + NULS, b"x" * 60_000, b"y" * 60_000)
    assert reader.exchange.messages == []
    answer = reader.exchange.answer
    assert answer is not None
    assert (len(answer.body), answer.size) == (65_537, 120_000)


def test_client_that_has_left_or_never_was() -> None:
    reader = Reader()

    async def send(message: Any) -> None:
        raise OSError("gone")

    async def main() -> None:
        for streamed in (
            StreamedAnswer(reader.streamed._door, reader.exchange, send),
            StreamedAnswer(reader.streamed._door, reader.exchange, None),
        ):
            await streamed.begin(prelude.CONTENT_TYPE)
            for part in (b"{}" + NULS, b"x", b"y"):
                assert await streamed.write(part)
            await streamed.end()
            answer = streamed.result("")
            assert answer is not None
            assert answer.body == b"xy"

    anyio.run(main)


@pytest.mark.parametrize("idle", [None, 0.01])
@pytest.mark.parametrize("begun", [True, False])
def test_patience(idle: float | None, begun: bool) -> None:
    """The front door waits neither for the whole of a stream nor for its next part for ever."""
    reader = Reader()
    door = reader.streamed._door
    door.patience, door.idle = (0.01, None) if idle is None else (None, idle)

    async def main() -> None:
        if begun:
            await reader.streamed.write(b"{}" + NULS)
        task = asyncio.create_task(asyncio.sleep(3600))
        await reader.streamed.wait(task)
        assert not task.done()
        task.cancel()

    anyio.run(main)
    if begun:
        assert reader.streamed.broken == "expected more of the response by now"
    else:
        with pytest.raises(Refused, match="expected more") as caught:
            reader.streamed.result("")
        assert caught.value.cause is Cause.PATIENCE


@pytest.mark.parametrize("ends", [True, False])
def test_wait(ends: bool) -> None:
    reader = Reader()

    async def write() -> None:
        await reader.streamed.write(b"{}" + NULS)
        if ends:
            await reader.streamed.end()
            await asyncio.sleep(3600)

    async def main() -> bool:
        task = asyncio.create_task(write())
        await reader.streamed.wait(task)
        done = task.done()
        task.cancel()
        return done

    assert anyio.run(main) is not ends
