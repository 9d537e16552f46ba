"""Payload format 2.0: golden events to scopes, responses to what the front doors take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgi_lambda.sources import detect
from asgi_lambda.sources.payload_v2 import FUNCTION_URL, HTTP_API
from tests.sources.golden import EVENTS, events, expected, load, name_of, parsed
from tests.sources.responses import COMPRESSED, OCTETS, PLAIN, answered, rendered, response

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_lambda.asgi_types import Pair
    from asgi_lambda.sources.source import Source

BOTH = pytest.mark.parametrize(
    "source", [pytest.param(each, id=each.name) for each in (HTTP_API, FUNCTION_URL)]
)


@pytest.mark.parametrize("path", events("http-v2"), ids=name_of)
def test_an_http_api_event_becomes_the_golden_scope(path: Path) -> None:
    event = load(path)
    assert detect(event) is HTTP_API
    assert parsed(HTTP_API, event) == expected(path)
    assert event == load(path)  # the caller's event is left alone


@pytest.mark.parametrize("path", events("function-url"), ids=name_of)
def test_a_function_url_event_becomes_the_golden_scope(path: Path) -> None:
    event = load(path)
    assert detect(event) is FUNCTION_URL
    assert parsed(FUNCTION_URL, event) == expected(path)
    assert event == load(path)


def event_of(
    *, http: dict[str, Any] | None = None, context: dict[str, Any] | None = None, **keys: Any
) -> dict[str, Any]:
    """An event with what every source of this format needs."""
    request = {"method": "GET", "path": "/"} | (http or {})
    return {"rawPath": "/", "requestContext": {"http": request} | (context or {})} | keys


@pytest.mark.parametrize(
    ("stage", "domain", "raw_path", "path", "root_path"),
    [
        pytest.param("dev", None, "/dev/x", "/dev/x", "/dev", id="no-domain"),
        pytest.param(
            "dev",
            "x.execute-api.eu-west-1.amazonaws.com",
            "/dev",
            "/dev",
            "/dev",
            id="default-host",
        ),
        pytest.param("dev", "api.example.com", "/dev/x", "/x", "", id="custom-domain"),
        pytest.param("dev", "api.example.com", "/dev", "/", "", id="custom-domain-stage-alone"),
        pytest.param("dev", "api.example.com", "/device", "/device", "", id="no-segment-boundary"),
        pytest.param("$default", None, "/$default/x", "/$default/x", "", id="default-stage"),
        pytest.param(None, None, "/x", "/x", "", id="no-stage"),
    ],
)
def test_an_http_api_proves_this_prefix(
    stage: str | None, domain: str | None, raw_path: str, path: str, root_path: str
) -> None:
    event = event_of(context={"stage": stage, "domainName": domain}, rawPath=raw_path)
    scope, _ = parsed(HTTP_API, event)
    assert (scope["path"], scope["raw_path"]) == (path, path.encode())
    assert scope["root_path"] == root_path


def test_the_path_of_the_context_does_where_an_http_api_has_no_raw_path() -> None:
    event = event_of(http={"path": "/a b"}, rawPath=None)
    scope, _ = parsed(HTTP_API, event)
    assert (scope["path"], scope["raw_path"]) == ("/a b", b"/a%20b")


@BOTH
@pytest.mark.parametrize(
    ("keys", "query"),
    [
        pytest.param({"rawQueryString": "a=b%20c+d"}, b"a=b%20c+d", id="as-typed"),
        pytest.param({"rawQueryString": "?a=1"}, b"a=1", id="with-its-mark"),
        pytest.param({"rawQueryString": "a=b c#é"}, b"a=b%20c%23%C3%A9", id="illegal-characters"),
        pytest.param(
            {"rawQueryString": "", "queryStringParameters": {"a": "1"}}, b"", id="empty-beside-map"
        ),
        pytest.param({"queryStringParameters": {"a b": "1&2"}}, b"a%20b=1%262", id="map-alone"),
        pytest.param({}, b"", id="neither"),
    ],
)
def test_the_query_string_is(source: Source, keys: dict[str, Any], query: bytes) -> None:
    assert parsed(source, event_of(**keys))[0]["query_string"] == query


@BOTH
@pytest.mark.parametrize(
    ("keys", "cookies"),
    [
        pytest.param({"cookies": ["a=1", "b=2"]}, [b"a=1; b=2"], id="list"),
        pytest.param(
            {"cookies": ["a=1", "b=2"], "headers": {"cookie": "a=1; b=2"}},
            [b"a=1; b=2"],
            id="list-and-header",
        ),
        pytest.param(
            {"cookies": [], "headers": {"Cookie": "a=1"}}, [b"a=1"], id="empty-list-and-header"
        ),
        pytest.param({"cookies": None, "headers": {"cookie": "a=1"}}, [b"a=1"], id="header"),
        pytest.param({"cookies": []}, [], id="empty-list"),
        pytest.param({}, [], id="neither"),
    ],
)
def test_there_is_at_most_one_cookie_header(
    source: Source, keys: dict[str, Any], cookies: list[bytes]
) -> None:
    headers = parsed(source, event_of(**keys))[0]["headers"]
    assert [value for name, value in headers if name == b"cookie"] == cookies


@BOTH
@pytest.mark.parametrize(
    ("protocol", "version"),
    [("HTTP/1.0", "1.0"), ("HTTP/1.1", "1.1"), ("HTTP/2", "2"), ("HTTP/2.0", "2"), (None, "1.1")],
)
def test_the_protocol_is_asgi_http_version(
    source: Source, protocol: str | None, version: str
) -> None:
    assert parsed(source, event_of(http={"protocol": protocol}))[0]["http_version"] == version


@BOTH
def test_null_maps_leave_an_empty_request(source: Source) -> None:
    event = event_of(
        http={"method": "get"},
        headers=None,
        cookies=None,
        queryStringParameters=None,
        pathParameters=None,
        body=None,
        isBase64Encoded=None,
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
    assert parsed(source, event) == (scope, b"")


def v2(
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    cookies: list[str] | None = None,
    body: str = "text",
    is_base64: bool = False,
) -> dict[str, Any]:
    """The whole Lambda response of payload format 2.0."""
    whole: dict[str, Any] = {
        "statusCode": status,
        "headers": {"content-type": "text/plain; charset=utf-8"} if headers is None else headers,
        "body": body,
        "isBase64Encoded": is_base64,
    }
    return whole if cookies is None else whole | {"cookies": cookies}


LENGTH: Pair = (b"content-length", b"4")


@BOTH
@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param(response(), v2(), id="text"),
        pytest.param(response(body="grüße 😀".encode()), v2(body="grüße 😀"), id="utf-8"),
        pytest.param(response(body=b""), v2(body=""), id="empty"),
        pytest.param(response(status=503), v2(status=503), id="status"),
        pytest.param(
            response(headers=[OCTETS], body=b"\x00\xff"),
            v2(headers={"content-type": "application/octet-stream"}, body="AP8=", is_base64=True),
            id="binary",
        ),
        pytest.param(
            response(headers=[OCTETS]),
            v2(
                headers={"content-type": "application/octet-stream"},
                body="dGV4dA==",
                is_base64=True,
            ),
            id="text-of-a-binary-type",
        ),
        pytest.param(
            response(body=b"caf\xe9"), v2(body="Y2Fm6Q==", is_base64=True), id="text-that-is-none"
        ),
        pytest.param(
            response(headers=[PLAIN, (b"content-encoding", b"gzip")], body=COMPRESSED),
            v2(
                headers={
                    "content-type": "text/plain; charset=utf-8",
                    "content-encoding": "gzip",
                },
                body="H4sIAA==",
                is_base64=True,
            ),
            id="compressed",
        ),
        pytest.param(
            response(headers=[(b"vary", b"accept"), PLAIN, (b"vary", b"cookie")]),
            v2(headers={"vary": "accept, cookie", "content-type": "text/plain; charset=utf-8"}),
            id="repeated-headers",
        ),
        pytest.param(
            response(headers=[PLAIN, (b"set-cookie", b"a=1; Path=/")]),
            v2(cookies=["a=1; Path=/"]),
            id="one-cookie",
        ),
        pytest.param(
            response(headers=[PLAIN, (b"set-cookie", b"a=1"), (b"set-cookie", b"a=2")]),
            v2(cookies=["a=1", "a=2"]),
            id="several-cookies",
        ),
        pytest.param(
            response(headers=[]),
            v2(headers={}, body="dGV4dA==", is_base64=True),
            id="no-content-type",
        ),
        pytest.param(
            response(headers=[(b"x-name", "Ł".encode()), (b"x-old", b"\xe9")], body=b""),
            v2(headers={"x-name": "Ł", "x-old": "é"}, body=""),
            id="header-values-beyond-ascii",
        ),
        pytest.param(
            response(
                headers=[(b"connection", b"close"), PLAIN, (b"transfer-encoding", b"chunked")]
            ),
            v2(),
            id="hop-by-hop-headers",
        ),
    ],
)
def test_both_render(source: Source, given: Any, wanted: dict[str, Any]) -> None:
    assert rendered(source, given) == wanted


def test_an_http_api_keeps_content_length() -> None:
    headers = {"content-type": "text/plain; charset=utf-8", "content-length": "4"}
    assert rendered(HTTP_API, response(headers=[PLAIN, LENGTH])) == v2(headers=headers)


def test_a_function_url_drops_content_length() -> None:
    assert rendered(FUNCTION_URL, response(headers=[PLAIN, LENGTH])) == v2()


@pytest.mark.parametrize("file", ["http-v2/powertools-get", "function-url/docs-post-iam-cookies"])
@pytest.mark.parametrize(
    ("method", "status", "body"),
    [("HEAD", 200, ""), ("GET", 204, ""), ("GET", 304, ""), ("GET", 200, "text")],
)
def test_a_response_that_may_have_no_body_has_none(
    file: str, method: str, status: int, body: str
) -> None:
    event = load(EVENTS / f"{file}.json")
    assert answered(event=event, method=method, status=status) == v2(status=status, body=body)
