"""Requests into bytes."""

from __future__ import annotations

import pytest

from asgi_lambda.runtime.requests import chunk, head, last_chunk


def test_head_of_a_request() -> None:
    assert head("POST", "/x", [("Host", "127.0.0.1:9001"), ("Content-Length", "2")]) == (
        b"POST /x HTTP/1.1\r\nHost: 127.0.0.1:9001\r\nContent-Length: 2\r\n\r\n"
    )


def test_chunks_and_their_end() -> None:
    assert b"".join(chunk(b"x" * 20, b"", b"y" * 6)) == b"1a\r\n%b\r\n" % (b"x" * 20 + b"y" * 6)
    assert last_chunk() == b"0\r\n\r\n"


def test_an_empty_part_of_a_body_is_not_its_end() -> None:
    assert chunk(b"") == chunk() == []


def test_trailers() -> None:
    assert last_chunk([("A", "1"), ("B", "2")]) == b"0\r\nA: 1\r\nB: 2\r\n\r\n"


@pytest.mark.parametrize("text", ["a\r\nb: c", "a\nb", "a\0"])
def test_text_that_would_end_its_line_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected one line"):
        head("GET", "/", [("X", text)])
    with pytest.raises(ValueError, match="expected one line"):
        head("GET", text, [])
    with pytest.raises(ValueError, match="expected one line"):
        last_chunk([("X", text)])


def test_text_of_any_script_goes_out_as_utf8() -> None:
    assert head("GET", "/", [("X", "für 文 \ud800")]) == (
        "GET / HTTP/1.1\r\nX: für 文 ?\r\n\r\n".encode()
    )
