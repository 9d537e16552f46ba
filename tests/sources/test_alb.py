"""Application Load Balancer: golden events to scopes, responses to what it takes in either mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgi_lambda.sources import detect
from asgi_lambda.sources.alb import ALB, ALB_MULTI_VALUE
from tests.sources.golden import EVENTS, events, expected, load, name_of, parsed
from tests.sources.responses import COMPRESSED, OCTETS, PLAIN, answered, rendered, response

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", events("alb"), ids=name_of)
def test_an_event_becomes_the_golden_scope(path: Path) -> None:
    event = load(path)
    assert detect(event) is ALB
    assert parsed(ALB, event) == expected(path)
    assert event == load(path)  # the caller's event is left alone


@pytest.mark.parametrize("path", events("alb-multi"), ids=name_of)
def test_an_event_with_lists_becomes_the_golden_scope(path: Path) -> None:
    event = load(path)
    assert detect(event) is ALB_MULTI_VALUE
    assert parsed(ALB_MULTI_VALUE, event) == expected(path)
    assert event == load(path)


def event_of(**keys: Any) -> dict[str, Any]:
    return {"requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/"} | keys


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        pytest.param("203.0.113.7", ("203.0.113.7", 0), id="one"),
        pytest.param("10.0.0.1, 203.0.113.7", ("203.0.113.7", 0), id="forged-in-front"),
        pytest.param("10.0.0.1,203.0.113.7:5000 ", ("203.0.113.7", 0), id="port"),
        pytest.param("2001:db8::7", ("2001:db8::7", 0), id="v6"),
        pytest.param("x, [2001:db8::7]:5000", ("2001:db8::7", 0), id="v6-port"),
        pytest.param("", None, id="empty"),
        pytest.param("10.0.0.1,", None, id="empty-at-the-end"),
        pytest.param(None, None, id="absent"),
    ],
)
def test_the_client_is_the_last_forwarded_address(
    forwarded: str | None, client: tuple[str, int] | None
) -> None:
    scope, _ = parsed(ALB, event_of(headers={"X-Forwarded-For": forwarded}))
    assert scope["client"] == client


def test_the_client_is_in_the_last_of_repeated_headers() -> None:
    event = event_of(multiValueHeaders={"x-forwarded-for": ["10.0.0.1", "10.0.0.2, 203.0.113.7"]})
    assert parsed(ALB_MULTI_VALUE, event)[0]["client"] == ("203.0.113.7", 0)


@pytest.mark.parametrize("headers", [None, {}], ids=["null", "empty"])
@pytest.mark.parametrize("parameters", [None, {}], ids=["null-query", "empty-query"])
def test_empty_maps_leave_an_empty_request(
    headers: dict[str, Any] | None, parameters: dict[str, Any] | None
) -> None:
    event = event_of(
        httpMethod="get", path="", headers=headers, queryStringParameters=parameters, body=None
    )
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "client": None,
        "server": ("localhost", 443),
    }
    assert parsed(ALB, event) == (scope, b"")


def test_illegal_characters_of_a_query_are_encoded_and_its_escapes_kept() -> None:
    event = event_of(queryStringParameters={"a b": "1%202", "é": "#|+", "none": None})
    assert parsed(ALB, event)[0]["query_string"] == b"a%20b=1%202&%C3%A9=%23|+&none="


def test_repeated_cookie_headers_become_one() -> None:
    event = event_of(multiValueHeaders={"cookie": ["a=1", "b=2; c=3"]})
    headers = parsed(ALB_MULTI_VALUE, event)[0]["headers"]
    assert [value for name, value in headers if name == b"cookie"] == [b"a=1; b=2; c=3"]


TEXT = {"content-type": "text/plain; charset=utf-8"}
OCTET_STREAM = {"content-type": "application/octet-stream"}


def alb(
    *,
    status: int = 200,
    description: str = "200 OK",
    headers: dict[str, str] = TEXT,
    body: str = "text",
    is_base64: bool = False,
) -> dict[str, Any]:
    """The whole Lambda response for single values."""
    return {
        "statusCode": status,
        "statusDescription": description,
        "headers": headers,
        "body": body,
        "isBase64Encoded": is_base64,
    }


def multi(*, headers: dict[str, list[str]], **keys: Any) -> dict[str, Any]:
    """The whole Lambda response for lists of values."""
    whole = alb(**keys)
    del whole["headers"]
    return whole | {"multiValueHeaders": headers}


EITHER = [
    pytest.param(response(), TEXT, {}, id="text"),
    pytest.param(response(body="grüße 😀".encode()), TEXT, {"body": "grüße 😀"}, id="utf-8"),
    pytest.param(response(body=b""), TEXT, {"body": ""}, id="empty"),
    pytest.param(
        response(status=404), TEXT, {"status": 404, "description": "404 Not Found"}, id="status"
    ),
    pytest.param(
        response(status=299),
        TEXT,
        {"status": 299, "description": "299 Unknown"},
        id="status-without-a-name",
    ),
    pytest.param(
        response(headers=[OCTETS], body=b"\x00\xff"),
        OCTET_STREAM,
        {"body": "AP8=", "is_base64": True},
        id="binary",
    ),
    pytest.param(
        response(headers=[OCTETS]),
        OCTET_STREAM,
        {"body": "dGV4dA==", "is_base64": True},
        id="text-of-a-binary-type",
    ),
    pytest.param(
        response(body=b"caf\xe9"),
        TEXT,
        {"body": "Y2Fm6Q==", "is_base64": True},
        id="text-that-is-none",
    ),
    pytest.param(
        response(headers=[PLAIN, (b"content-encoding", b"gzip")], body=COMPRESSED),
        TEXT | {"content-encoding": "gzip"},
        {"body": "H4sIAA==", "is_base64": True},
        id="compressed",
    ),
    pytest.param(
        response(headers=[PLAIN, (b"set-cookie", b"a=1; Path=/")]),
        TEXT | {"set-cookie": "a=1; Path=/"},
        {},
        id="one-cookie",
    ),
    pytest.param(
        response(headers=[]), {}, {"body": "dGV4dA==", "is_base64": True}, id="no-content-type"
    ),
    pytest.param(
        response(headers=[(b"x-name", "Ł".encode()), (b"x-old", b"\xe9")], body=b""),
        {"x-name": "Ł", "x-old": "é"},
        {"body": ""},
        id="header-values-beyond-ascii",
    ),
    pytest.param(
        response(headers=[(b"connection", b"close"), PLAIN, (b"transfer-encoding", b"chunked")]),
        TEXT,
        {},
        id="hop-by-hop-headers",
    ),
    pytest.param(
        response(headers=[PLAIN, (b"content-length", b"4")]),
        TEXT | {"content-length": "4"},
        {},
        id="content-length-kept",
    ),
]


@pytest.mark.parametrize(("given", "headers", "keys"), EITHER)
def test_single_values_render(given: Any, headers: dict[str, str], keys: dict[str, Any]) -> None:
    assert rendered(ALB, given) == alb(headers=headers, **keys)


@pytest.mark.parametrize(("given", "headers", "keys"), EITHER)
def test_lists_render(given: Any, headers: dict[str, str], keys: dict[str, Any]) -> None:
    lists = {name: [value] for name, value in headers.items()}
    assert rendered(ALB_MULTI_VALUE, given) == multi(headers=lists, **keys)


REPEATED = response(headers=[(b"vary", b"accept"), PLAIN, (b"vary", b"cookie")])
COOKIES = response(headers=[PLAIN, *[(b"set-cookie", b"a=%d" % number) for number in range(3)]])


def test_single_values_join_repeated_headers() -> None:
    assert rendered(ALB, REPEATED) == alb(headers={"vary": "accept, cookie"} | TEXT)


def test_lists_keep_repeated_headers() -> None:
    headers = {"vary": ["accept", "cookie"], "content-type": ["text/plain; charset=utf-8"]}
    assert rendered(ALB_MULTI_VALUE, REPEATED) == multi(headers=headers)


def test_single_values_spell_further_cookies_otherwise() -> None:
    cookies = {"set-cookie": "a=0", "set-cookiE": "a=1", "set-cookIe": "a=2"}
    assert rendered(ALB, COOKIES) == alb(headers=TEXT | cookies)


def test_lists_keep_cookies() -> None:
    headers = {
        "content-type": ["text/plain; charset=utf-8"],
        "set-cookie": ["a=0", "a=1", "a=2"],
    }
    assert rendered(ALB_MULTI_VALUE, COOKIES) == multi(headers=headers)


def test_more_cookies_than_spellings_do_not_fail() -> None:
    many = [(b"set-cookie", b"a=%d" % number) for number in range(1_100)]
    headers = rendered(ALB, response(headers=many))["headers"]
    # Nine letters of the name have two cases.
    assert list(headers.values()) == [f"a={number}" for number in range(2**9)]
    assert {name.lower() for name in headers} == {"set-cookie"}


@pytest.mark.parametrize(
    ("method", "status", "description", "body"),
    [
        ("HEAD", 200, "200 OK", ""),
        ("GET", 204, "204 No Content", ""),
        ("GET", 304, "304 Not Modified", ""),
        ("GET", 200, "200 OK", "text"),
    ],
)
def test_a_response_that_may_have_no_body_has_none(
    method: str, status: int, description: str, body: str
) -> None:
    event = load(EVENTS / "alb" / "docs-elb-get.json")
    whole = alb(status=status, description=description, body=body)
    assert answered(event=event, method=method, status=status) == whole
