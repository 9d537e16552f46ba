"""Header fields: an event's maps to pairs, a response's fields to maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgi_lambda import headers

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Pair


@pytest.mark.parametrize(
    ("fields", "pairs"),
    [
        pytest.param({"X-Tag": "One"}, [(b"x-tag", b"One")], id="lower-case-names"),
        pytest.param({"a": "é😀"}, [(b"a", "é😀".encode())], id="utf-8"),
        pytest.param({"a": None, "b": "1"}, [(b"b", b"1")], id="null-value"),
        pytest.param({"a": ""}, [(b"a", b"")], id="empty-value"),
        pytest.param({"b": "1", "a": "2"}, [(b"b", b"1"), (b"a", b"2")], id="order"),
        pytest.param({}, [], id="empty"),
        pytest.param(None, [], id="null"),
    ],
)
def test_pairs_of_a_map(fields: Any, pairs: list[Pair]) -> None:
    assert headers.from_map(fields) == pairs


@pytest.mark.parametrize("value", [5, ["x"], {"x": "y"}], ids=repr)
def test_a_value_of_another_type_is_an_error_that_parsing_knows(value: Any) -> None:
    with pytest.raises((TypeError, AttributeError, ValueError)):
        headers.from_map({"a": value, "b": None})


@pytest.mark.parametrize(
    ("multiple", "single", "pairs"),
    [
        pytest.param(
            {"A": ["1", "2"], "b": ["3"]},
            {"A": "2", "b": "3"},
            [(b"a", b"1"), (b"a", b"2"), (b"b", b"3")],
            id="lists-win",
        ),
        pytest.param(
            {"A": ["1"]}, {"A": "1", "B": "2"}, [(b"a", b"1"), (b"b", b"2")], id="more-in-single"
        ),
        pytest.param(
            {"A": ["1"], "B": ["2"]},
            {"A": "1", "C": "3"},
            [(b"a", b"1"), (b"b", b"2"), (b"c", b"3")],
            id="another-in-single",
        ),
        pytest.param({"A": ["1"]}, {"a": "2"}, [(b"a", b"1")], id="same-name-in-other-case"),
        pytest.param({"A": [], "B": None}, None, [], id="empty-lists"),
        pytest.param({"A": ["1"]}, None, [(b"a", b"1")], id="no-single"),
        pytest.param({}, {"A": "1"}, [(b"a", b"1")], id="empty-lists-map"),
        pytest.param(None, {"A": "1"}, [(b"a", b"1")], id="no-lists-map"),
        pytest.param(None, None, [], id="neither"),
    ],
)
def test_pairs_of_two_maps(multiple: Any, single: Any, pairs: list[Pair]) -> None:
    assert headers.from_maps(multiple, single) == pairs


@pytest.mark.parametrize(
    ("pairs", "after"),
    [
        pytest.param([], [(b"cookie", b"a=1; b=2")], id="none-yet"),
        pytest.param(
            [(b"cookie", b"c=3"), (b"x", b"y"), (b"cookie", b"d=4")],
            [(b"x", b"y"), (b"cookie", b"a=1; b=2")],
            id="in-place-of-others",
        ),
    ],
)
def test_cookies_become_one_header(pairs: list[Pair], after: list[Pair]) -> None:
    headers.set_cookies(pairs, ["a=1", "b=2"])
    assert pairs == after


@pytest.mark.parametrize(
    ("pairs", "after"),
    [
        pytest.param(
            [(b"cookie", b"a=1"), (b"x", b"y"), (b"cookie", b"b=2")],
            [(b"x", b"y"), (b"cookie", b"a=1; b=2")],
            id="several",
        ),
        pytest.param([(b"cookie", b"a=1")], [(b"cookie", b"a=1")], id="one"),
        pytest.param(
            [(b"x", b"1"), (b"cookie", b"a=1"), (b"x", b"2")],
            [(b"x", b"1"), (b"cookie", b"a=1"), (b"x", b"2")],
            id="another-name-repeated",
        ),
        pytest.param([], [], id="none"),
    ],
)
def test_several_cookie_headers_become_one(pairs: list[Pair], after: list[Pair]) -> None:
    headers.join_cookies(pairs)
    assert pairs == after


@pytest.mark.parametrize(
    ("before", "length", "after"),
    [
        pytest.param([], 0, [], id="no-body-no-header"),
        pytest.param([], 3, [(b"content-length", b"3")], id="body-no-header"),
        pytest.param(
            [(b"content-length", b"3")], 3, [(b"content-length", b"3")], id="right-already"
        ),
        pytest.param(
            [(b"content-length", b"4")], 3, [(b"content-length", b"3")], id="counted-as-base64"
        ),
        pytest.param(
            [(b"content-length", b"0")], 0, [(b"content-length", b"0")], id="declared-empty"
        ),
        pytest.param(
            [(b"content-length", b"3"), (b"content-length", b"3")],
            3,
            [(b"content-length", b"3")],
            id="repeated",
        ),
        pytest.param(
            [(b"transfer-encoding", b"chunked")], 3, [(b"content-length", b"3")], id="chunked"
        ),
        pytest.param(
            [(b"transfer-encoding", b"chunked")], 0, [(b"content-length", b"0")], id="chunked-empty"
        ),
    ],
)
def test_content_length_says_the_length(before: list[Pair], length: int, after: list[Pair]) -> None:
    pairs = [*before, (b"x", b"y")]
    headers.set_length(pairs, dict(pairs), length)
    assert sorted(pairs) == sorted([*after, (b"x", b"y")])


@pytest.mark.parametrize(
    ("pairs", "domain", "origin"),
    [
        pytest.param([(b"host", b"a.b")], "c.d", ("https", ("a.b", 443)), id="host"),
        pytest.param([(b"host", b"a.b:8443")], None, ("https", ("a.b", 8443)), id="host-port"),
        pytest.param([], "c.d", ("https", ("c.d", 443)), id="domain"),
        pytest.param([], "c.d:3000", ("https", ("c.d", 3000)), id="domain-port"),
        pytest.param([], None, ("https", ("localhost", 443)), id="neither"),
        pytest.param([(b"host", b"")], "c.d", ("https", ("localhost", 443)), id="empty-host"),
        pytest.param([(b"x-forwarded-proto", b"http")], "c.d", ("http", ("c.d", 80)), id="http"),
        pytest.param(
            [(b"x-forwarded-proto", b"HTTP")], "c.d", ("http", ("c.d", 80)), id="http-upper-case"
        ),
        pytest.param(
            [(b"x-forwarded-proto", b"ftp")], "c.d", ("https", ("c.d", 443)), id="another-protocol"
        ),
        pytest.param(
            [(b"x-forwarded-port", b"8080")], "c.d", ("https", ("c.d", 8080)), id="forwarded-port"
        ),
        pytest.param(
            [(b"host", b"a.b:81"), (b"x-forwarded-port", b"82")],
            None,
            ("https", ("a.b", 81)),
            id="host-port-wins",
        ),
        pytest.param(
            [(b"host", b"a.b:x"), (b"x-forwarded-port", b"y")],
            None,
            ("https", ("a.b", 443)),
            id="ports-that-are-none",
        ),
        pytest.param(
            [(b"host", b"[2001:db8::1]:81")], None, ("https", ("2001:db8::1", 81)), id="v6"
        ),
        pytest.param([(b"host", "é.b".encode())], None, ("https", ("é.b", 443)), id="utf-8"),
    ],
)
def test_origin(pairs: list[Pair], domain: str | None, origin: tuple[str, Any]) -> None:
    given_pairs = list(pairs)
    assert headers.origin(given_pairs, dict(pairs), domain) == origin
    if b"host" in dict(pairs) or domain is None:
        assert given_pairs == pairs
    else:
        assert given_pairs == [(b"host", domain.encode()), *pairs]


@pytest.mark.parametrize(
    ("authority", "host", "port"),
    [
        ("a.b", "a.b", None),
        ("a.b:80", "a.b", 80),
        ("a.b:", "a.b", None),
        ("a.b:0", "a.b", None),
        ("a.b:65535", "a.b", 65535),
        ("a.b:65536", "a.b", None),
        ("a.b:-1", "a.b", None),
        ("a.b:²", "a.b", None),
        ("a.b:٣", "a.b", None),
        ("[::1]", "::1", None),
        ("[::1]:80", "::1", 80),
        ("[::1]:x", "::1", None),
        ("[::1", "::1", None),
        ("::1", "::1", None),
        ("2001:db8::1", "2001:db8::1", None),
        ("", "", None),
    ],
)
def test_split_port(authority: str, host: str, port: int | None) -> None:
    assert headers.split_port(authority) == (host, port)


FIELDS = [("a", "1"), ("set-cookie", "x=1"), ("b", "2"), ("a", "3"), ("set-cookie", "y=2")]


@pytest.mark.parametrize(
    ("fields", "dropped", "single", "cookies"),
    [
        pytest.param(FIELDS, (), {"a": "1, 3", "b": "2"}, ["x=1", "y=2"], id="repeats"),
        pytest.param(FIELDS, ("a",), {"b": "2"}, ["x=1", "y=2"], id="repeats-dropped"),
        pytest.param(FIELDS[:3], (), {"a": "1", "b": "2"}, ["x=1"], id="one-cookie"),
        pytest.param([("a", "1")], (), {"a": "1"}, [], id="no-cookie"),
        pytest.param([("a", "1")], ("a", "c"), {}, [], id="dropped"),
        pytest.param([], ("a",), {}, [], id="empty"),
    ],
)
def test_one_value_per_name(
    fields: list[tuple[str, str]], dropped: Any, single: Any, cookies: list[str]
) -> None:
    assert headers.to_map(fields, dropped) == (single, cookies)


@pytest.mark.parametrize(
    ("fields", "dropped", "single", "multiple"),
    [
        pytest.param(
            FIELDS, (), {"b": "2"}, {"a": ["1", "3"], "set-cookie": ["x=1", "y=2"]}, id="repeats"
        ),
        pytest.param(FIELDS, ("a", "b"), {}, {"set-cookie": ["x=1", "y=2"]}, id="repeats-dropped"),
        pytest.param([("a", "1"), ("b", "2")], (), {"a": "1", "b": "2"}, {}, id="no-repeats"),
        pytest.param([("a", "1"), ("b", "2")], ("b", "c"), {"a": "1"}, {}, id="dropped"),
        pytest.param([], (), {}, {}, id="empty"),
    ],
)
def test_every_name_in_one_of_two_maps(
    fields: list[tuple[str, str]], dropped: Any, single: Any, multiple: Any
) -> None:
    assert headers.to_two_maps(fields, dropped) == (single, multiple)


def test_all_values_per_name() -> None:
    assert headers.to_multi_map(FIELDS) == {
        "a": ["1", "3"],
        "set-cookie": ["x=1", "y=2"],
        "b": ["2"],
    }


def test_spellings_differ_and_are_the_same_name() -> None:
    spellings = list(headers.spellings("a-b"))
    assert spellings == ["a-b", "a-B", "A-b", "A-B"]


NAMES = st.sampled_from(["a", "b", "c", "set-cookie"])
VALUES = st.text(st.characters(exclude_categories=["Cs"]))


@settings(deadline=None)
@given(st.lists(st.tuples(NAMES, VALUES)))
def test_no_value_is_lost_in_any_map(fields: list[tuple[str, str]]) -> None:
    multiple = headers.to_multi_map(fields)
    assert sorted((n, v) for n, values in multiple.items() for v in values) == sorted(fields)
    some, several = headers.to_two_maps(fields)
    assert not some.keys() & several.keys()
    assert {name: [value] for name, value in some.items()} | several == multiple
    single, cookies = headers.to_map(fields)
    assert cookies == multiple.pop("set-cookie", [])
    assert single == {name: ", ".join(values) for name, values in multiple.items()}


@settings(deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z-]{1,8}", fullmatch=True), VALUES))
def test_pairs_carry_the_bytes_of_the_client(fields: dict[str, str]) -> None:
    pairs = headers.from_map({name.title(): value for name, value in fields.items()})
    assert [(name.decode(), value.decode()) for name, value in pairs] == list(fields.items())
    assert headers.from_maps({name: [value] for name, value in fields.items()}, fields) == pairs
