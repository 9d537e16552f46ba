"""Payload format 1.0: golden events to scopes, responses to what API Gateway takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from asgi_lambda import UnsupportedEvent, adapt
from asgi_lambda.sources import detect
from asgi_lambda.sources.payload_v1 import HTTP_API_V1, REST_API
from tests.sources.golden import EVENTS, events, expected, load, name_of, parsed
from tests.sources.responses import COMPRESSED, OCTETS, PLAIN, answered, rendered, response

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_lambda.asgi_types import Pair
    from asgi_lambda.sources.source import Source

BOTH = pytest.mark.parametrize(
    "source", [pytest.param(each, id=each.name) for each in (REST_API, HTTP_API_V1)]
)


@pytest.mark.parametrize("path", events("rest-v1"), ids=name_of)
def test_a_rest_api_event_becomes_the_golden_scope(path: Path) -> None:
    event = load(path)
    assert detect(event) is REST_API
    assert parsed(REST_API, event) == expected(path)
    assert event == load(path)  # the caller's event is left alone


@pytest.mark.parametrize("path", events("http-v1"), ids=name_of)
def test_an_http_api_event_becomes_the_golden_scope(path: Path) -> None:
    event = load(path)
    assert detect(event) is HTTP_API_V1
    assert parsed(HTTP_API_V1, event) == expected(path)
    assert event == load(path)


def rest_event(
    *,
    path: str | None = "/users",
    context_path: str | None = None,
    resource: str | None = "/users",
    domain: str | None = "a1b2c3.execute-api.eu-west-1.amazonaws.com",
    **changes: Any,
) -> dict[str, Any]:
    context = {"path": context_path, "domainName": domain, "identity": {"sourceIp": "192.0.2.1"}}
    event = {"resource": resource, "path": path, "httpMethod": "GET", "requestContext": context}
    return event | changes


def http_event(
    *, path: str, stage: str | None = "$default", domain: str | None = None, **changes: Any
) -> dict[str, Any]:
    context = {"stage": stage, "domainName": domain}
    event = {"version": "1.0", "path": path, "httpMethod": "GET", "requestContext": context}
    return event | changes


@pytest.mark.parametrize(
    ("event", "path", "root_path"),
    [
        pytest.param(
            rest_event(context_path="/prod/users"), "/prod/users", "/prod", id="stage-in-front"
        ),
        pytest.param(rest_event(context_path="/users"), "/users", "", id="no-stage-in-front"),
        pytest.param(rest_event(), "/users", "", id="no-context-path"),
        pytest.param(rest_event(path=None, resource="/"), "/", "", id="no-path"),
        pytest.param(rest_event(path=""), "/", "", id="empty-path"),
        pytest.param(
            rest_event(context_path="/prod/users/other"), "/users", "", id="context-path-of-another"
        ),
        pytest.param(
            rest_event(path="/x/users", domain="localhost"), "/x/users", "", id="host-without-dot"
        ),
        pytest.param(
            rest_event(path="/x/users", domain="127.0.0.1:3000"),
            "/x/users",
            "",
            id="host-with-port",
        ),
        pytest.param(
            rest_event(path="/x/users", domain="api.example.com"), "/x/users", "/x", id="mapped"
        ),
        pytest.param(
            rest_event(path="/x/users", domain="api.example.com", resource=None),
            "/x/users",
            "",
            id="mapped-without-resource",
        ),
        pytest.param(
            rest_event(path="/x/superusers", domain="api.example.com"),
            "/x/superusers",
            "",
            id="route-at-no-segment-boundary",
        ),
        pytest.param(
            rest_event(path="/b/users", context_path="/s/b/users", domain="api.example.com"),
            "/s/b/users",
            "/s/b",
            id="stage-and-base-path",
        ),
    ],
)
def test_a_rest_api_proves_this_prefix(event: dict[str, Any], path: str, root_path: str) -> None:
    scope, _ = parsed(REST_API, event)
    assert (scope["path"], scope["raw_path"]) == (path, path.encode())
    assert scope["root_path"] == root_path


@pytest.mark.parametrize(
    ("event", "root_path"),
    [
        pytest.param(http_event(path="/dev/x", stage="dev"), "/dev", id="named-stage"),
        pytest.param(http_event(path="/dev", stage="dev"), "/dev", id="named-stage-alone"),
        pytest.param(http_event(path="/x", stage="dev"), "", id="named-stage-absent"),
        pytest.param(http_event(path="/$default/x"), "", id="default-stage"),
        pytest.param(http_event(path="/x", stage=None), "", id="no-stage"),
        pytest.param(
            http_event(path="/b/x", stage="dev", domain="api.example.com", resource="/x"),
            "/b",
            id="mapping-key",
        ),
        pytest.param(
            http_event(path="/b/dev/x", stage="dev", domain="api.example.com", resource="/x"),
            "/b/dev",
            id="mapping-key-and-stage",
        ),
    ],
)
def test_an_http_api_proves_this_prefix(event: dict[str, Any], root_path: str) -> None:
    scope, _ = parsed(HTTP_API_V1, event)
    assert (scope["path"], scope["root_path"]) == (event["path"], root_path)


@BOTH
@pytest.mark.parametrize(
    ("protocol", "version"),
    [
        ("HTTP/1.0", "1.0"),
        ("HTTP/1.1", "1.1"),
        ("HTTP/2.0", "2"),
        ("HTTP/2", "2"),
        ("", "1.1"),
        (None, "1.1"),
    ],
)
def test_the_protocol_is_asgi_http_version(
    source: Source, protocol: str | None, version: str
) -> None:
    event = rest_event()
    event["requestContext"]["protocol"] = protocol
    assert parsed(source, event)[0]["http_version"] == version


@BOTH
def test_single_values_do_where_there_are_no_lists(source: Source) -> None:
    event = rest_event(
        headers={"X-Tag": "one"},
        multiValueHeaders={},
        queryStringParameters={"a": "1", "b": None},
        multiValueQueryStringParameters=None,
        domain=None,
    )
    scope, _ = parsed(source, event)
    assert scope["headers"] == [(b"x-tag", b"one")]
    assert scope["query_string"] == b"a=1&b="


@BOTH
def test_headers_that_only_the_single_map_has_are_filled_in(source: Source) -> None:
    event = rest_event(
        headers={"A": "1", "C": "3"}, multiValueHeaders={"A": ["1", "2"], "B": ["x"]}, domain=None
    )
    names = [name for name, _ in parsed(source, event)[0]["headers"]]
    assert names == [b"a", b"a", b"b", b"c"]


@BOTH
def test_repeated_cookie_headers_become_one(source: Source) -> None:
    event = rest_event(multiValueHeaders={"Cookie": ["a=1", "b=2; c=3"]})
    headers = parsed(source, event)[0]["headers"]
    assert [value for name, value in headers if name == b"cookie"] == [b"a=1; b=2; c=3"]


@BOTH
def test_the_method_is_upper_case(source: Source) -> None:
    assert parsed(source, rest_event(httpMethod="patch"))[0]["method"] == "PATCH"


def test_an_event_of_another_shape_is_unsupported() -> None:
    event = rest_event(headers=["none", "secret"])
    with pytest.raises(UnsupportedEvent, match=r"'rest-api'.*'headers'") as raised:
        adapt(nothing, lifespan="off")(event)
    assert "secret" not in str(raised.value)


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    """An application that no request reaches."""


def v1(
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    multiple: dict[str, list[str]] | None = None,
    body: str = "text",
    is_base64: bool = False,
) -> dict[str, Any]:
    """The whole Lambda response of payload format 1.0."""
    return {
        "statusCode": status,
        "headers": {"content-type": "text/plain; charset=utf-8"} if headers is None else headers,
        "multiValueHeaders": multiple or {},
        "body": body,
        "isBase64Encoded": is_base64,
    }


@BOTH
@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param(response(), v1(), id="text"),
        pytest.param(response(body="grüße 😀".encode()), v1(body="grüße 😀"), id="utf-8"),
        pytest.param(response(body=b""), v1(body=""), id="empty"),
        pytest.param(response(status=404), v1(status=404), id="status"),
        pytest.param(
            response(headers=[OCTETS], body=b"\x00\xff"),
            v1(headers={"content-type": "application/octet-stream"}, body="AP8=", is_base64=True),
            id="binary",
        ),
        pytest.param(
            response(body=b"caf\xe9"), v1(body="Y2Fm6Q==", is_base64=True), id="text-that-is-none"
        ),
        pytest.param(
            response(headers=[PLAIN, (b"content-encoding", b"gzip")], body=COMPRESSED),
            v1(
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
            response(headers=[(b"content-encoding", b"br"), PLAIN], body=b"looks like text"),
            v1(
                headers={
                    "content-encoding": "br",
                    "content-type": "text/plain; charset=utf-8",
                },
                body="bG9va3MgbGlrZSB0ZXh0",
                is_base64=True,
            ),
            id="compressed-to-what-looks-like-text",
        ),
        pytest.param(
            response(headers=[PLAIN, (b"content-encoding", b"identity")]),
            v1(
                headers={
                    "content-type": "text/plain; charset=utf-8",
                    "content-encoding": "identity",
                }
            ),
            id="identity",
        ),
        pytest.param(
            response(headers=[(b"vary", b"accept"), PLAIN, (b"vary", b"cookie")]),
            v1(multiple={"vary": ["accept", "cookie"]}),
            id="repeated-headers",
        ),
        pytest.param(
            response(headers=[PLAIN, (b"set-cookie", b"a=1; Path=/")]),
            v1(
                headers={
                    "content-type": "text/plain; charset=utf-8",
                    "set-cookie": "a=1; Path=/",
                }
            ),
            id="one-cookie",
        ),
        pytest.param(
            response(headers=[PLAIN, (b"set-cookie", b"a=1"), (b"set-cookie", b"a=2")]),
            v1(multiple={"set-cookie": ["a=1", "a=2"]}),
            id="several-cookies",
        ),
        pytest.param(
            response(headers=[(b"x-name", "Ł".encode()), (b"x-old", b"\xe9")], body=b""),
            v1(headers={"x-name": "Ł", "x-old": "é"}, body=""),
            id="header-values-beyond-ascii",
        ),
        pytest.param(
            response(
                headers=[
                    (b"connection", b"close"),
                    PLAIN,
                    (b"keep-alive", b"1"),
                    (b"te", b"x"),
                    (b"trailer", b"x"),
                    (b"transfer-encoding", b"chunked"),
                    (b"upgrade", b"x"),
                    (b"proxy-authenticate", b"x"),
                    (b"proxy-connection", b"x"),
                ]
            ),
            v1(),
            id="hop-by-hop-headers",
        ),
    ],
)
def test_both_render(source: Source, given: Any, wanted: dict[str, Any]) -> None:
    assert rendered(source, given) == wanted


LENGTH: Pair = (b"content-length", b"4")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param(response(headers=[PLAIN, LENGTH]), v1(), id="content-length-dropped"),
        pytest.param(
            response(headers=[LENGTH, PLAIN, LENGTH]), v1(), id="repeated-content-length-dropped"
        ),
        pytest.param(response(headers=[]), v1(headers={}), id="no-content-type"),
        pytest.param(
            response(headers=[OCTETS]),
            v1(headers={"content-type": "application/octet-stream"}),
            id="text-of-any-type",
        ),
    ],
)
def test_a_rest_api_renders(given: Any, wanted: dict[str, Any]) -> None:
    assert rendered(REST_API, given) == wanted


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param(
            response(headers=[PLAIN, LENGTH]),
            v1(headers={"content-type": "text/plain; charset=utf-8", "content-length": "4"}),
            id="content-length-kept",
        ),
        pytest.param(
            response(headers=[]),
            v1(headers={}, body="dGV4dA==", is_base64=True),
            id="no-content-type",
        ),
        pytest.param(
            response(headers=[OCTETS]),
            v1(
                headers={"content-type": "application/octet-stream"},
                body="dGV4dA==",
                is_base64=True,
            ),
            id="text-of-a-binary-type",
        ),
    ],
)
def test_an_http_api_renders(given: Any, wanted: dict[str, Any]) -> None:
    assert rendered(HTTP_API_V1, given) == wanted


@pytest.mark.parametrize("file", ["rest-v1/made-sam-local", "http-v1/made-sam-local"])
@pytest.mark.parametrize(
    ("method", "status", "body"),
    [("HEAD", 200, ""), ("GET", 204, ""), ("GET", 304, ""), ("GET", 200, "text")],
)
def test_a_response_that_may_have_no_body_has_none(
    file: str, method: str, status: int, body: str
) -> None:
    event = load(EVENTS / f"{file}.json")
    assert answered(event=event, method=method, status=status) == v1(status=status, body=body)
