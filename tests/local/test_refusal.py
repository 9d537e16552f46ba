from __future__ import annotations

import json

import pytest

from asgi_lambda.local.events import BUILDERS
from asgi_lambda.local.refusal import Cause, refuse

HTTP_APIS = ("http-api", "http-api-v1")


@pytest.mark.parametrize(
    ("cause", "status", "body"),
    [
        (Cause.FAILED, 502, '{"message": "Internal server error"}'),
        (Cause.BASE64, 500, '{"message": "Internal server error"}'),
        (Cause.PATIENCE, 504, '{"message": "Endpoint request timed out"}'),
        (Cause.PAYLOAD, 413, '{"message": "Request Too Long"}'),
        (Cause.HEADERS, 431, '{"message": "Request Header Fields Too Large"}'),
        (Cause.ELSEWHERE, 403, '{"message": "Forbidden"}'),
    ],
)
def test_rest_api(cause: Cause, status: int, body: str) -> None:
    answer = refuse("rest-api", cause)
    assert (answer.status, answer.body.decode()) == (status, body)
    assert answer.headers[0] == ("content-type", "application/json")


def test_large_body_at_a_rest_api() -> None:
    answer = refuse("rest-api", Cause.BODY)
    assert (answer.status, answer.body) == (413, b"HTTP content length exceeded 10485760 bytes.")
    assert answer.headers == [
        ("content-type", "text; charset=utf-8"),
        ("content-length", "44"),
    ]


@pytest.mark.parametrize("source", HTTP_APIS)
@pytest.mark.parametrize(
    ("cause", "status", "body"),
    [
        (Cause.FAILED, 500, '{"message":"Internal Server Error"}'),
        (Cause.BASE64, 500, '{"message":"Internal Server Error"}'),
        (Cause.PATIENCE, 503, '{"message":"Service Unavailable"}'),
        (Cause.BODY, 413, '{"message":"Request Entity Too Large"}'),
        (Cause.PAYLOAD, 413, '{"message":"Request Entity Too Large"}'),
        (Cause.HEADERS, 431, '{"message":"Request Header Fields Too Large"}'),
        (Cause.ELSEWHERE, 404, '{"message":"Not Found"}'),
    ],
)
def test_http_api(source: str, cause: Cause, status: int, body: str) -> None:
    answer = refuse(source, cause)
    assert (answer.status, answer.body.decode()) == (status, body)


def test_function_url() -> None:
    answer = refuse("function-url", Cause.FAILED)
    assert (answer.status, answer.body) == (502, b"Internal Server Error")
    answer = refuse("function-url", Cause.PAYLOAD)
    assert answer.status == 413
    assert "6291456 bytes" in json.loads(answer.body)["Message"]


@pytest.mark.parametrize("source", ["alb", "alb-multi-value"])
@pytest.mark.parametrize(
    ("cause", "status", "title"),
    [
        (Cause.FAILED, 502, "502 Bad Gateway"),
        (Cause.BODY, 413, "413 Request Entity Too Large"),
        (Cause.HEADERS, 400, "400 Bad Request"),
    ],
)
def test_load_balancer(source: str, cause: Cause, status: int, title: str) -> None:
    answer = refuse(source, cause)
    assert answer.status == status
    assert f"<h1>{title}</h1>" in answer.body.decode()
    assert ("content-type", "text/html") in answer.headers
    assert ("server", "awselb/2.0") in answer.headers


@pytest.mark.parametrize("source", BUILDERS)
@pytest.mark.parametrize("cause", [Cause.FAILED, Cause.BASE64, Cause.BODY, Cause.PAYLOAD])
def test_length(source: str, cause: Cause) -> None:
    answer = refuse(source, cause)
    assert ("content-length", str(len(answer.body))) in answer.headers


@pytest.mark.parametrize(
    ("source", "status", "body"),
    [
        ("rest-api", 500, b'{"message": "Internal server error"}'),
        ("http-api", 503, b'{"message":"Service Unavailable"}'),
        ("http-api-v1", 503, b'{"message":"Service Unavailable"}'),
        ("function-url", 429, b'{"message":"Rate Exceeded."}'),
        ("alb", 502, None),
        ("alb-multi-value", 502, None),
    ],
)
def test_throttled(source: str, status: int, body: bytes | None) -> None:
    answer = refuse(source, Cause.THROTTLED)
    assert answer.status == status
    assert body is None or answer.body == body
