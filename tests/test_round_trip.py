"""A request becomes the event of a front door, and that event the scope which the application sees.

What a front door loses is told by the expectations: each says how much of the request is left.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_to_bytes

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from asgi_lambda import adapt
from asgi_lambda.local.events import BUILDERS, build
from asgi_lambda.local.request import Deployment, Request
from asgi_lambda.sources import detect

SOURCES: Final = tuple(BUILDERS)
LISTS: Final = ("rest-api", "http-api-v1", "alb-multi-value")
JOINED: Final = ("http-api", "function-url")
DECODED_QUERY: Final = ("rest-api", "http-api-v1")

# An HTTP API cuts the path at a question mark that was sent as an escape.
CHARACTERS: Final = st.characters(codec="utf-8", exclude_characters="?")
SEGMENTS: Final = st.text(CHARACTERS, max_size=6)
# A REST API collapses slashes behind the stage.
FIRST_SEGMENT: Final = st.text(CHARACTERS, min_size=1, max_size=6)
PARAMETERS: Final = st.lists(
    st.tuples(st.sampled_from(["a", "b", "ключ", "a b", "x[]"]), st.text(CHARACTERS, max_size=6)),
    max_size=6,
)
VALUES: Final = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=10
)
HEADERS: Final = st.lists(
    st.tuples(st.sampled_from(["X-First", "x-first", "Accept", "x-second", "If-Match"]), VALUES),
    max_size=6,
)
# Source: RFC 6265 section 4.1.1.
COOKIE_OCTETS: Final = st.characters(
    min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='",;\\'
)
COOKIES: Final = st.lists(
    st.tuples(st.sampled_from(["session", "theme", "a"]), st.text(COOKIE_OCTETS)),
    max_size=30,
)
# A slow machine is no failure, and six front doors share the work.
examples: Final = settings(max_examples=40, deadline=None)


class Recorder:
    """An application that keeps the last request."""

    scope: dict[str, Any]
    body: bytes

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self.body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    def values(self, name: bytes) -> list[str]:
        return [value.decode() for field, value in self.scope["headers"] if field == name]


recorder: Final = Recorder()
handler: Final = adapt(recorder, lifespan="off")


def send(source: str, request: Request, deployment: Deployment | None = None) -> Recorder:
    """The request as the application sees it, through the front door of this name."""
    event = build(source, request, deployment)
    found = detect(event)
    assert found is not None
    assert found.name == source
    assert handler(event, None)["statusCode"] == 204
    return recorder


def grouped(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


@pytest.mark.parametrize("source", SOURCES)
@examples
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PURGE"]),
    first=FIRST_SEGMENT,
    rest=st.lists(SEGMENTS, max_size=4),
    safe=st.sampled_from(["", "+;~", "!$&'()*+,;=:@|~"]),
)
@example(method="GET", first="a/b", rest=["%2F", "%2541", "{proxy}"], safe="")
@example(method="GET", first="café ☕", rest=["", "x+y", ""], safe="+")
def test_method_and_path(source: str, method: str, first: str, rest: list[str], safe: str) -> None:
    typed = "".join("/" + quote(segment, safe=safe) for segment in [first, *rest])
    prefix = "/prod" if source == "rest-api" else ""
    seen = send(source, Request(method, typed)).scope
    assert seen["method"] == method
    assert seen["path"] == prefix + unquote(typed)
    assert seen["root_path"] == prefix
    if source == "http-api":  # decoded before it arrives: only the meaning is left
        assert unquote_to_bytes(seen["raw_path"]) == unquote_to_bytes(typed)
    else:
        assert seen["raw_path"] == (prefix + typed).encode()


@pytest.mark.parametrize("source", ["rest-api", "http-api-v1", "http-api"])
@examples
@given(
    base_path=st.sampled_from(["", "/b", "/b/c"]),
    stage=st.sampled_from([None, "dev"]),
    path=st.lists(FIRST_SEGMENT, max_size=3),
    slash=st.sampled_from(["", "/"]),
)
@example(base_path="", stage="dev", path=["dev", "b"], slash="/")
@example(base_path="/b", stage=None, path=["b", "b"], slash="/")
@example(base_path="/b", stage="dev", path=["{proxy}"], slash="")
@example(base_path="/b/c", stage=None, path=["b", "{proxy+}"], slash="")
def test_root_path(
    source: str, base_path: str, stage: str | None, path: list[str], slash: str
) -> None:
    typed = "".join("/" + quote(segment, safe="") for segment in path) + slash
    seen = send(source, Request("GET", typed or "/"), Deployment(stage, base_path)).scope
    if base_path:
        # An HTTP API sends no base path in format 2.0.
        prefix = "" if source == "http-api" else base_path
    else:
        prefix = f"/{stage or 'prod'}" if source == "rest-api" or stage else ""
    assert seen["root_path"] == prefix
    assert seen["path"] == prefix + unquote(typed or "/")


@pytest.mark.parametrize("source", ["rest-api", "http-api-v1"])
def test_double_slash_behind_a_base_path_is_no_part_of_the_root_path(source: str) -> None:
    seen = send(source, Request("GET", "/"), Deployment(base_path="/b")).scope
    assert seen["root_path"] == "/b"
    seen = send(source, Request("GET", "//x"), Deployment(base_path="/b")).scope
    assert seen["root_path"] == "/b"
    assert seen["path"] == "/b//x"


@pytest.mark.parametrize("source", SOURCES)
@examples
@given(parameters=PARAMETERS, quoting=st.sampled_from([quote, quote_plus]))
@example(parameters=[("a", "1"), ("b", "2"), ("a", ""), ("a", "%2B+ &=")], quoting=quote_plus)
def test_query(source: str, parameters: list[tuple[str, str]], quoting: Any) -> None:
    typed = "&".join(f"{quoting(key)}={quoting(value)}" for key, value in parameters)
    query = send(source, Request("GET", f"/?{typed}")).scope["query_string"].decode("ascii")
    if source in JOINED:
        assert query == typed
    seen = grouped(parse_qsl(query, keep_blank_values=True))
    sent = grouped(parameters)
    if source == "alb":
        sent = {key: values[-1:] for key, values in sent.items()}
    assert seen == sent
    if source == "alb-multi-value":
        assert sorted(query.split("&")) == sorted(typed.split("&"))


@pytest.mark.parametrize("source", SOURCES)
@examples
@given(headers=HEADERS)
@example(headers=[("X-First", "1"), ("x-second", "é, ж"), ("x-first", "2")])
def test_headers(source: str, headers: list[tuple[str, str]]) -> None:
    seen = send(source, Request("GET", "/", headers))
    for name, values in grouped([(name.lower(), value) for name, value in headers]).items():
        if source in JOINED:
            values = [",".join(values)]
        elif source == "alb":
            values = values[-1:]
        # Two spellings of one name are two keys to a REST API, whose values come one key at a time.
        found = seen.values(name.encode())
        assert (sorted(found) if source == "rest-api" else found) == (
            sorted(values) if source == "rest-api" else values
        )


@pytest.mark.parametrize("source", SOURCES)
@examples
@given(cookies=COOKIES)
def test_cookies_in_one_header(source: str, cookies: list[tuple[str, str]]) -> None:
    crumbs = [f"{name}={value}" for name, value in cookies]
    headers = [("Cookie", "; ".join(crumbs))] if crumbs else []
    assert send(source, Request("GET", "/", headers)).values(b"cookie") == [
        value for _, value in headers
    ]


@pytest.mark.parametrize("source", [source for source in SOURCES if source != "alb"])
def test_cookies_in_several_headers(source: str) -> None:
    headers = [("Cookie", "a=1"), ("x-other", ""), ("Cookie", "b=2; c=3")]
    assert send(source, Request("GET", "/", headers)).values(b"cookie") == ["a=1; b=2; c=3"]


def test_of_several_cookie_headers_an_alb_leaves_the_last() -> None:
    headers = [("Cookie", "a=1"), ("Cookie", "b=2; c=3")]
    assert send("alb", Request("GET", "/", headers)).values(b"cookie") == ["b=2; c=3"]


@pytest.mark.parametrize("source", SOURCES)
@examples
@given(
    body=st.binary(max_size=60),
    media_type=st.sampled_from([None, "application/octet-stream", "multipart/form-data"]),
)
def test_binary_body(source: str, body: bytes, media_type: str | None) -> None:
    headers = [] if media_type is None else [("Content-Type", media_type)]
    request = Request("POST", "/", headers, body)
    seen = send(source, request, Deployment(binary_media_types=["*/*"]))
    assert seen.body == body
    if body:
        assert seen.values(b"content-length") == [str(len(body))]


@pytest.mark.parametrize("source", SOURCES)
@examples
@given(
    text=st.text(max_size=30),
    media_type=st.sampled_from(
        ["application/json", "text/plain; charset=utf-8", "application/xml"]
    ),
)
def test_text_body(source: str, text: str, media_type: str) -> None:
    body = text.encode()
    seen = send(source, Request("PUT", "/", [("content-type", media_type)], body))
    assert seen.body == body
    assert seen.values(b"content-type") == [media_type]


@pytest.mark.parametrize("source", SOURCES)
@examples
@given(client=st.ip_addresses().map(str), forged=st.ip_addresses().map(str))
def test_client(source: str, client: str, forged: str) -> None:
    request = Request("GET", "/", [("X-Forwarded-For", forged)], client=client)
    assert send(source, request).scope["client"] == (client, 0)


@pytest.mark.parametrize("source", SOURCES)
def test_host_and_scheme(source: str) -> None:
    seen = send(source, Request("GET", "/", [("Host", "shop.example:8443")])).scope
    assert seen["scheme"] == "https"
    assert seen["server"] == ("shop.example", 8443)
    seen = send(source, Request("GET", "/")).scope
    assert seen["server"][0].endswith((".amazonaws.com", ".on.aws"))
    assert seen["server"][1] == 443
