from __future__ import annotations

import pytest

from asgi_lambda.local.limits import LAMBDA_REQUEST, check_body, check_event, check_headers
from asgi_lambda.local.refusal import Cause, Refused
from asgi_lambda.local.request import Request

MB = 1024 * 1024


@pytest.mark.parametrize(
    ("source", "most"),
    [
        ("rest-api", 10 * MB),
        ("http-api", 10 * MB),
        ("http-api-v1", 10 * MB),
        ("function-url", LAMBDA_REQUEST),
        ("alb", MB),
        ("alb-multi-value", MB),
    ],
)
def test_body(source: str, most: int) -> None:
    check_body(source, most)
    with pytest.raises(Refused, match=f"at most {most} bytes of body, got {most + 1}") as caught:
        check_body(source, most + 1)
    assert caught.value.cause is Cause.BODY


@pytest.mark.parametrize(
    ("source", "size"),
    [
        ("rest-api", 10_240 - 1),
        # The request line counts: `GET /`, the question mark and the version.
        ("http-api", 10_240 - 1 - len("GET / ? HTTP/1.1")),
    ],
)
def test_headers_of_an_api(source: str, size: int) -> None:
    check_headers(source, Request("GET", "/", [("a", "x" * size)]))
    with pytest.raises(Refused, match="at most 10240 bytes of headers, got 10241") as caught:
        check_headers(source, Request("GET", "/", [("a", "x" * (size + 1))]))
    assert caught.value.cause is Cause.HEADERS


@pytest.mark.parametrize("source", ["alb", "alb-multi-value"])
@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request("GET", "/" + "x" * 16_384), "at most 16384 bytes in a line"),
        (Request("GET", "/", [("a", "x" * 16_384)]), "at most 16384 bytes in a line, got 16385"),
        (Request("GET", "/", [("a", "x" * 16_000)] * 5), "at most 65536 bytes of headers"),
    ],
    ids=["line", "header", "headers"],
)
def test_headers_of_a_load_balancer(source: str, request_: Request, message: str) -> None:
    check_headers(source, Request("GET", "/", [("a", "x" * 16_000)] * 4))
    with pytest.raises(Refused, match=message) as caught:
        check_headers(source, request_)
    assert caught.value.cause is Cause.HEADERS


def test_headers_of_a_function_url_have_no_limit() -> None:
    check_headers("function-url", Request("GET", "/", [("a", "x" * MB)]))


def test_event() -> None:
    check_event({"requestContext": {}})
    check_event({"body": None})
    rest = len('{"body": ""}')
    check_event({"body": "x" * (LAMBDA_REQUEST - rest)})
    with pytest.raises(Refused, match=f"{LAMBDA_REQUEST} bytes of event, got 6291457") as caught:
        check_event({"body": "x" * (LAMBDA_REQUEST - rest + 1)})
    assert caught.value.cause is Cause.PAYLOAD
    with pytest.raises(Refused):  # escapes count
        check_event({"body": "\0" * (LAMBDA_REQUEST // 5)})
