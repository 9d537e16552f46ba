"""Replies out of bytes: whole, in any pieces, and none out of anything else."""

from __future__ import annotations

import contextlib
import gc
import itertools
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from asgi_lambda.runtime.replies import (
    MOST_BODY,
    MOST_HEAD,
    MalformedReply,
    Reply,
    ReplyParser,
)

EVENT: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    b"Lambda-Runtime-Aws-Request-Id: 8476a536\r\nContent-Length: 13\r\n\r\n"
    b'{"a": "\xc3\xa4 1"}'
)
CHUNKED: Final = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX:  spaced \t\r\n\r\n"
    b"4\r\nWiki\r\n00A;name=value\r\npedia in\r\n\r\n0\r\nTrailer: x\r\n\r\n"
)
ACCEPTED: Final = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"

Seen = tuple[int, dict[str, str], bytes, bool]


def seen(replies: list[Reply]) -> list[Seen]:
    return [(each.status, dict(each.headers), each.body, each.reusable) for each in replies]


def parsed(data: bytes) -> list[Seen]:
    """The replies in data that comes at once, at the end of a connection."""
    parser = ReplyParser()
    return seen([*parser.feed(data), *parser.feed_end()])


def parsed_in_pieces(data: bytes, cuts: list[int]) -> list[Seen]:
    parser = ReplyParser()
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    replies: list[Reply] = []
    for start, end in itertools.pairwise(edges):
        replies += parser.feed(data[start:end])
    return seen(replies + parser.feed_end())


def test_reply_with_a_length() -> None:
    [(status, headers, body, reusable)] = parsed(EVENT)

    assert status == 200
    assert headers == {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": "8476a536",
        "content-length": "13",
    }
    assert body == '{"a": "ä 1"}'.encode()
    assert reusable


def test_reply_in_chunks() -> None:
    [(_, headers, body, reusable)] = parsed(CHUNKED)

    assert body == b"Wikipedia in\r\n"
    assert headers["x"] == "spaced"
    assert reusable


def test_two_replies_at_once_are_two() -> None:
    assert [status for status, *_ in parsed(ACCEPTED + EVENT)] == [202, 200]


def test_an_announcement_is_no_reply() -> None:
    assert [status for status, *_ in parsed(b"HTTP/1.1 100 Continue\r\n\r\n" + ACCEPTED)] == [202]


@pytest.mark.parametrize("status", [204, 304])
def test_some_replies_have_no_body_whatever_they_say(status: int) -> None:
    assert parsed(b"HTTP/1.1 %d X\r\nContent-Length: 5\r\n\r\n" % status)[0][2] == b""


def test_without_a_length_the_body_ends_with_the_connection() -> None:
    data = b"HTTP/1.1 200 OK\r\n\r\nup to the end"

    assert parsed(data) == [(200, {}, b"up to the end", False)]
    assert ReplyParser().feed(data) == []


@pytest.mark.parametrize(
    ("version", "connection", "reusable"),
    [
        (b"1.1", b"", True),
        (b"1.1", b"Connection: Close\r\n", False),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: keep-alive\r\n", True),
    ],
)
def test_whether_the_connection_takes_another_request(
    version: bytes, connection: bytes, reusable: bool
) -> None:
    data = b"HTTP/%b 202 Accepted\r\nContent-Length: 0\r\n%b\r\n" % (version, connection)

    assert parsed(data)[0][3] is reusable


@pytest.mark.parametrize(
    "data", [EVENT, CHUNKED, ACCEPTED + CHUNKED], ids=["length", "chunked", "two"]
)
def test_byte_by_byte_is_the_same(data: bytes) -> None:
    assert parsed_in_pieces(data, list(range(len(data)))) == parsed(data)


@given(
    bodies=st.lists(st.binary(max_size=300), min_size=1, max_size=3),
    sizes=st.lists(st.integers(1, 50), max_size=4),
    cuts=st.lists(st.integers(0, 2000), max_size=8),
)
def test_pieces_of_any_size_are_the_same(
    bodies: list[bytes], sizes: list[int], cuts: list[int]
) -> None:
    data = b""
    for body in bodies:
        if sizes:
            data += b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
            rest = body
            for size in sizes:
                part, rest = rest[:size], rest[size:]
                data += b"%x\r\n%b\r\n" % (len(part), part) if part else b""
            data += b"%x\r\n%b\r\n" % (len(rest), rest) if rest else b""
            data += b"0\r\n\r\n"
        else:
            data += b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)

    assert [body for _, _, body, _ in parsed_in_pieces(data, cuts)] == bodies


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=4))
@example(data=b"HTTP/1.1 200 OK\r\n\r\n", cuts=[])
def test_whatever_comes_is_a_reply_or_a_typed_error(data: bytes, cuts: list[int]) -> None:
    try:
        replies = parsed_in_pieces(data, cuts)
    except MalformedReply:
        return
    assert all(100 <= status <= 599 for status, *_ in replies)


@given(at=st.integers(0, len(CHUNKED) - 1), byte=st.integers(0, 255))
def test_a_wrong_byte_gives_a_reply_or_a_typed_error(at: int, byte: int) -> None:
    with contextlib.suppress(MalformedReply):
        parsed(CHUNKED[:at] + bytes([byte]) + CHUNKED[at + 1 :])


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 099 OK\r\n\r\n",
        b"HTTP/1.1 600 OK\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nspaced name: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: a\nb\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: a\0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY + 1),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % (MOST_BODY + 1),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n000000001\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nno colon\r\n\r\n",
    ],
)
def test_these_are_no_replies(data: bytes) -> None:
    with pytest.raises(MalformedReply):
        ReplyParser().feed(data)


@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"], ids=["endless", "ended"])
def test_a_head_has_a_limit(end: bytes) -> None:
    with pytest.raises(MalformedReply, match="at most 65536 bytes"):
        ReplyParser().feed(b"HTTP/1.1 200 OK\r\nx: " + b"x" * MOST_HEAD + end)


def test_a_line_of_a_chunk_has_a_limit() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    with pytest.raises(MalformedReply, match="at most 1024 bytes"):
        ReplyParser().feed(head + b"1;" + b"x" * 1024)


@pytest.mark.parametrize(
    "encoding", [b"Transfer-Encoding: chunked\r\n", b""], ids=["chunks", "end"]
)
def test_a_body_without_a_length_has_a_limit(
    encoding: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("asgi_lambda.runtime.replies.MOST_BODY", 10)
    body = b"6\r\n123456\r\n" * 2 if encoding else b"12345678901"

    with pytest.raises(MalformedReply, match="a body of at most 10 bytes"):
        ReplyParser().feed(b"HTTP/1.1 200 OK\r\n%b\r\n%b" % (encoding, body))


@pytest.mark.parametrize(
    ("length", "within"),
    [
        (10, "the head of a reply"),
        (len(EVENT) - 1, "a body"),
    ],
)
def test_a_reply_that_is_cut_off_is_none(length: int, within: str) -> None:
    with pytest.raises(MalformedReply, match=f"ended within {within}"):
        parsed(EVENT[:length])


def test_no_reply_is_kept_while_the_next_one_is_waited_for() -> None:
    parser = ReplyParser()
    [reply] = parser.feed(EVENT)

    assert parser not in gc.get_referrers(reply)


@pytest.mark.parametrize("length", range(len(CHUNKED) - 44, len(CHUNKED)))
def test_half_a_chunked_reply_is_none(length: int) -> None:
    with pytest.raises(MalformedReply, match="ended within"):
        parsed(CHUNKED[:length])
