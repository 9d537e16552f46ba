from __future__ import annotations

import base64
from typing import Any

import pytest

from asgi_lambda import AsgiLambdaError
from asgi_lambda.local.answer import MalformedResponse, UndecodableBody, read
from asgi_lambda.local.events import BUILDERS

REST, V1, V2, URL, ALB, MULTI = (
    "rest-api",
    "http-api-v1",
    "http-api",
    "function-url",
    "alb",
    "alb-multi-value",
)


def headers(source: str, response: dict[str, Any]) -> list[tuple[str, str]]:
    """The headers of an answer, but for those that every one has."""
    sent = read(source, {"statusCode": 200, **response}).headers
    return [pair for pair in sent if pair[0] not in ("content-type", "content-length")]


@pytest.mark.parametrize("source", BUILDERS)
def test_whole_answer(source: str) -> None:
    fields = {"Content-Type": "text/html"}
    many = {name: [value] for name, value in fields.items()}
    response = {"statusCode": 201, "body": "é", "isBase64Encoded": False}
    response |= {"multiValueHeaders": many} if source == MULTI else {"headers": fields}
    answer = read(source, response)
    assert (answer.status, answer.reason, answer.body) == (201, "Created", "é".encode())
    assert answer.headers == [("content-type", "text/html"), ("content-length", "2")]


@pytest.mark.parametrize("source", [source for source in BUILDERS if source != REST])
def test_base64_is_decoded(source: str) -> None:
    response = {"statusCode": 200, "body": "/w==", "isBase64Encoded": True}
    assert read(source, response).body == b"\xff"


@pytest.mark.parametrize(
    ("accept", "types", "decoded"),
    [
        ("image/png", ["image/png"], True),
        ("image/png;q=0.9, text/html", ["image/*"], True),
        ("text/html, image/png", ["image/png"], False),
        ("*/*", ["*/*"], True),
        ("*/*", ["image/png"], False),
        ("image/png", [], False),
    ],
)
def test_a_rest_api_decodes_base64_by_the_accept_header(
    accept: str, types: list[str], decoded: bool
) -> None:
    response = {"statusCode": 200, "body": "/w==", "isBase64Encoded": True}
    answer = read(REST, response, accept=accept, binary_media_types=types)
    assert answer.body == (b"\xff" if decoded else b"/w==")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (REST, "application/json"),
        (V1, "text/plain; charset=utf-8"),
        (V2, "text/plain; charset=utf-8"),
        (URL, "application/json"),
        (ALB, None),
        (MULTI, None),
    ],
)
def test_content_type_of_an_answer_without_one(source: str, expected: str | None) -> None:
    assert dict(read(source, {"statusCode": 200}).headers).get("content-type") == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (REST, [("a", "multi"), ("a", "single")]),
        (V1, [("a", "single"), ("a", "multi")]),
        (V2, [("a", "single")]),
        (URL, [("a", "single")]),
        (ALB, [("a", "single")]),
        (MULTI, [("a", "multi")]),
    ],
)
def test_which_map_of_headers_is_read(source: str, expected: list[tuple[str, str]]) -> None:
    response = {"headers": {"A": "single"}, "multiValueHeaders": {"a": ["multi"]}}
    assert headers(source, response) == expected


@pytest.mark.parametrize("source", [V2, URL])
def test_cookies(source: str) -> None:
    cookies = [("set-cookie", "a=1"), ("set-cookie", "b=2")]
    assert headers(source, {"cookies": ["a=1", "b=2"]}) == cookies
    assert headers(source, {"cookies": None}) == []


def test_spellings_are_headers_of_one_name() -> None:
    response = {"headers": {"set-cookie": "a=1", "Set-cookie": "b=2"}}
    assert headers(ALB, response) == [("set-cookie", "a=1"), ("set-cookie", "b=2")]


def test_a_load_balancer_reverses_the_values_of_a_name() -> None:
    response = {"multiValueHeaders": {"a": ["1", "2"], "b": ["3"]}}
    assert headers(MULTI, response) == [("a", "2"), ("a", "1"), ("b", "3")]


@pytest.mark.parametrize(
    ("source", "names", "remapped"),
    [
        (REST, ["Date", "Server", "WWW-Authenticate", "Connection", "X-A"], 4),
        (URL, ["Connection", "Server", "Date", "WWW-Authenticate"], 2),
        (V2, ["Date", "Server", "WWW-Authenticate"], 0),
    ],
)
def test_remapped_headers(source: str, names: list[str], remapped: int) -> None:
    found = [name for name, _ in headers(source, {"headers": dict.fromkeys(names, "x")})]
    assert found == [
        f"x-amzn-remapped-{name.lower()}" if at < remapped else name.lower()
        for at, name in enumerate(names)
    ]


def test_lengths_are_the_front_doors_own() -> None:
    response = {"headers": {"Content-Length": "7", "transfer-encoding": "chunked"}, "body": "abc"}
    answer = read(V2, {"statusCode": 200, **response})
    assert ("content-length", "3") in answer.headers
    assert len(answer.headers) == 2
    answer = read(URL, {"statusCode": 200, **response})
    assert ("x-amzn-remapped-content-length", "7") in answer.headers


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)], ids=str)
def test_answers_without_a_body(method: str, status: int) -> None:
    answer = read(V2, {"statusCode": status, "body": "text"}, method=method)
    assert answer.body == b""
    assert "content-length" not in dict(answer.headers)


def test_reason_of_a_status_without_one() -> None:
    assert read(V2, {"statusCode": 299}).reason == ""


@pytest.mark.parametrize("source", BUILDERS)
@pytest.mark.parametrize("value", ["418", 418])
def test_status_as_text(source: str, value: Any) -> None:
    assert read(source, {"statusCode": value}).status == 418


def test_space_around_a_value_is_no_part_of_it() -> None:
    assert headers(V2, {"headers": {"a": " b\t"}}) == [("a", "b")]


@pytest.mark.parametrize("source", [V2, URL])
@pytest.mark.parametrize(
    ("response", "body"),
    [
        ("hello", b"hello"),
        ({"answer": 42}, b'{"answer": 42}'),
        ([1, None], b"[1, null]"),
        (None, b"null"),
    ],
    ids=["text", "object", "list", "null"],
)
def test_format_2_infers_what_has_no_status(source: str, response: Any, body: bytes) -> None:
    answer = read(source, response)
    assert (answer.status, answer.body) == (200, body)
    assert answer.headers[0] == ("content-type", "application/json")


def test_a_rest_api_takes_headers_alone() -> None:
    assert read(REST, {"headers": {"a": "b"}}).status == 200


@pytest.mark.parametrize("source", [REST, V1, V2, URL])
def test_values_that_are_no_text(source: str) -> None:
    response = {"headers": {"a": True, "b": 1}, "body": None}
    assert headers(source, response) == [("a", "true"), ("b", "1")]


@pytest.mark.parametrize(
    "source", [source for source in BUILDERS if source not in (ALB, MULTI)], ids=str
)
def test_null_maps(source: str) -> None:
    response = {"headers": None, "multiValueHeaders": None, "isBase64Encoded": None}
    assert headers(source, response) == []


@pytest.mark.parametrize(
    ("source", "response", "message"),
    [
        (REST, {}, "expected keys of"),
        (REST, {"statusCode": 200, "cookies": []}, "expected keys of .*'cookies'"),
        (REST, "hello", "expected an object, got str"),
        (REST, None, "expected an object, got null"),
        (V1, {}, "expected statusCode"),
        (ALB, {"body": ""}, r"expected statusCode, got the keys \['body'\]"),
        (MULTI, [], "expected an object, got list"),
        (ALB, {"statusCode": 200, "statusDescription": None}, "statusDescription: .* got null"),
        (MULTI, {"statusCode": 200, "multiValueHeaders": None}, "multiValueHeaders: .* got null"),
        (REST, {"statusCode": "test"}, "statusCode: expected an integer .* got 'test'"),
        (REST, {"statusCode": None}, "statusCode: expected an integer .* got None"),
        (V1, {"statusCode": 0}, "statusCode: .* got 0"),
        (V2, {"statusCode": 200.0}, r"statusCode: .* got 200\.0"),
        (V2, {"statusCode": True}, "statusCode: .* got True"),
        (V2, {"statusCode": 100}, "statusCode: .* got 100"),
        (V2, {"statusCode": 600}, "statusCode: .* got 600"),
        (V2, {"statusCode": "²00"}, "statusCode: .* got '²00'"),
        (V2, {"statusCode": 200, "body": {"a": 1}}, "body: expected text, got dict"),
        (V2, {"statusCode": 200, "isBase64Encoded": "yes"}, "isBase64Encoded: .* got str"),
        (V2, {"statusCode": 200, "headers": []}, "headers: expected an object, got list"),
        (V2, {"statusCode": 200, "headers": {"a": ["b"]}}, "header a: expected text, got list"),
        (V2, {"statusCode": 200, "headers": {"a": None}}, "header a: expected text, got null"),
        (V2, {"statusCode": 200, "headers": {"a": "b\r\nc: d"}}, "header a: expected one line"),
        (V2, {"statusCode": 200, "headers": {"a\n": "b"}}, "expected a header name, got"),
        (V2, {"statusCode": 200, "headers": {"": "b"}}, "expected a header name, got ''"),
        (V2, {"statusCode": 200, "headers": {"é": "b"}}, "expected a header name, got 'é'"),
        (V2, {"statusCode": 200, "headers": {"a(b": "c"}}, "expected a header name, got 'a"),
        (V2, {"statusCode": 200, "headers": {"a": "\x7f"}}, "header a: .* got control charact"),
        (V2, {"statusCode": 200, "cookies": "a=1"}, "cookies: expected a list"),
        (ALB, {"statusCode": 200, "headers": {"a": True}}, "header a: expected text, got bool"),
        (REST, {"statusCode": 200, "multiValueHeaders": {"a": "b"}}, "a: expected a list"),
        (URL, {"statusCode": 200, "headers": {"X-Amzn-Remapped-A": ""}}, "not reserved"),
        (V2, {"statusCode": 200, "body": b"bytes"}, "fits into JSON: .*bytes"),
    ],
)
def test_malformed(source: str, response: Any, message: str) -> None:
    with pytest.raises(MalformedResponse, match=message) as caught:
        read(source, response)
    assert isinstance(caught.value, AsgiLambdaError)


@pytest.mark.parametrize("body", ["*", "abc", "é", "/w=="[:3]])
def test_body_that_is_no_base64(body: str) -> None:
    with pytest.raises(UndecodableBody, match="body: expected base64"):
        read(V2, {"statusCode": 200, "body": body, "isBase64Encoded": True})


@pytest.mark.parametrize(
    ("source", "limit"), [(V2, 6_291_556), (REST, 6_291_556), (ALB, 1_048_576), (MULTI, 1_048_576)]
)
def test_size_of_a_response(source: str, limit: int) -> None:
    response: dict[str, Any] = {"statusCode": 200, "body": ""}
    response["body"] = "x" * (limit - len('{"statusCode": 200, "body": ""}'))
    assert read(source, response).status == 200
    response["body"] += "x"
    message = f"expected at most {limit} bytes of JSON, got {limit + 1}"
    with pytest.raises(MalformedResponse, match=message):
        read(source, response)


@pytest.mark.parametrize(("source", "key"), [(ALB, "headers"), (MULTI, "multiValueHeaders")])
def test_headers_of_a_load_balancer_have_a_limit(source: str, key: str) -> None:
    value = "x" * (32 * 1024 - len("a: \r\n"))
    fits = {"statusCode": 200, key: {"a": value if source == ALB else [value]}}
    assert read(source, fits).status == 200
    larger = {"statusCode": 200, key: {"a": value + "x" if source == ALB else [value + "x"]}}
    with pytest.raises(MalformedResponse, match="at most 32768 bytes of headers, got 32769"):
        read(source, larger)


def test_half_a_surrogate_pair() -> None:
    assert read(V2, {"statusCode": 200, "body": "\ud800"}).body == b"?"


def test_a_response_that_contains_itself() -> None:
    response: dict[str, Any] = {"statusCode": 200}
    response["body"] = response
    with pytest.raises(MalformedResponse, match="fits into JSON"):
        read(V2, response)


def test_a_large_binary_body() -> None:
    body = bytes(range(256)) * 4096
    text = base64.b64encode(body).decode()
    assert read(V2, {"statusCode": 200, "body": text, "isBase64Encoded": True}).body == body
