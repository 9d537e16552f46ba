"""Which source takes an event, and that an event of any shape is parsed or refused."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgi_lambda import UnsupportedEvent, adapt
from asgi_lambda.sources import detect
from asgi_lambda.sources.alb import ALB, ALB_MULTI_VALUE
from asgi_lambda.sources.payload_v1 import HTTP_API_V1, REST_API
from asgi_lambda.sources.payload_v2 import FUNCTION_URL, HTTP_API
from asgi_lambda.sources.websocket import WEBSOCKET_API
from tests.sources.golden import EVENTS, events, load, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asgi_lambda.asgi_types import Receive, Scope, Send
    from asgi_lambda.sources.source import Source

SOURCES: Final = {
    "rest-v1": REST_API,
    "http-v1": HTTP_API_V1,
    "http-v2": HTTP_API,
    "function-url": FUNCTION_URL,
    "alb": ALB,
    "alb-multi": ALB_MULTI_VALUE,
    "websocket": WEBSOCKET_API,
}
REFUSED: Final = (
    "vpc-lattice-v1",
    "vpc-lattice-v2",
    "lambda-edge",
    "durable",
    "unknown-http",
)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers 204 where the scope is as the specification wants it, and fails elsewhere."""
    check(scope)
    assert isinstance((await receive())["body"], bytes)
    await send({"type": "http.response.start", "status": 204})
    await send({"type": "http.response.body"})


def check(scope: Scope) -> None:
    assert isinstance(scope["method"], str)
    assert scope["method"] == scope["method"].upper()
    assert scope["scheme"] in ("http", "https")
    assert scope["http_version"] in ("1.0", "1.1", "2")
    assert scope["path"].startswith("/")
    assert scope["raw_path"].startswith(b"/")
    assert scope["raw_path"].isascii()
    assert not set(scope["raw_path"]) & set(b" ?#")
    assert scope["query_string"].isascii()
    assert not set(scope["query_string"]) & set(b" #")
    assert isinstance(scope["root_path"], str)
    assert not scope["root_path"].endswith("/")
    assert scope["path"].startswith(scope["root_path"])
    for name, value in scope["headers"]:
        assert isinstance(name, bytes)
        assert isinstance(value, bytes)
        assert name == name.lower()
    assert is_address(scope["server"])
    assert scope["client"] is None or is_address(scope["client"])


def is_address(value: Any) -> bool:
    host, port = value
    return isinstance(host, str) and isinstance(port, int) and type(value) is tuple


handler = adapt(app, lifespan="off")


def test_every_folder_of_events_is_in_these_tests() -> None:
    folders = {path.name for path in EVENTS.iterdir() if path.is_dir()}
    assert folders == {*SOURCES, *REFUSED, "non-http"}


def test_every_event_has_its_origin_in_the_readme() -> None:
    readme = (EVENTS / "README.md").read_text(encoding="utf-8")
    every = events(*SOURCES, *REFUSED, "non-http")
    assert [name_of(path) for path in every if f"| {path.stem} |" not in readme] == []


@pytest.mark.parametrize("path", events(*SOURCES), ids=name_of)
def test_the_event_of_a_front_door_has_its_source(path: Path) -> None:
    assert detect(load(path)) is SOURCES[path.parent.name]


@pytest.mark.parametrize("path", events("non-http"), ids=name_of)
def test_an_event_that_no_client_sent_has_none(path: Path) -> None:
    assert detect(load(path)) is None


@pytest.mark.parametrize("path", events(*REFUSED), ids=name_of)
def test_an_event_of_another_protocol_is_refused(path: Path) -> None:
    with pytest.raises(UnsupportedEvent):
        detect(load(path))


@pytest.mark.parametrize("path", events(*REFUSED), ids=name_of)
def test_on_event_never_gets_an_event_of_another_protocol(path: Path) -> None:
    other = adapt(app, lifespan="off", on_event=lambda event, context: "taken")
    with pytest.raises(UnsupportedEvent):
        other(load(path))


@pytest.mark.parametrize(
    "event", [None, True, 5, 1.5, "text", [], [{"requestContext": {"elb": {}}}]], ids=repr
)
def test_an_event_that_is_no_object_has_no_source(event: Any) -> None:
    assert detect(event) is None
    with pytest.raises(
        UnsupportedEvent, match=rf"an object, got {type(event).__name__}; .*on_event"
    ):
        handler(event)


HTTP: Final = {"http": {"method": "GET", "path": "/"}}


@pytest.mark.parametrize(
    ("event", "source"),
    [
        pytest.param(
            {"resource": "/", "path": "/", "httpMethod": "GET"}, REST_API, id="no-context"
        ),
        pytest.param(
            {"resource": "/", "httpMethod": "GET", "requestContext": None},
            REST_API,
            id="null-context",
        ),
        pytest.param({"httpMethod": "GET", "requestContext": {}}, REST_API, id="empty-context"),
        pytest.param(
            {"httpMethod": "GET", "requestContext": {}, "rawPath": "/b/x", "path": "/x"},
            REST_API,
            id="rest-with-raw-path",
        ),
        pytest.param(
            {"httpMethod": "GET", "requestContext": {}, "version": "2.0"},
            REST_API,
            id="version-proves-no-format",
        ),
        pytest.param({"requestContext": HTTP}, HTTP_API, id="http-api-without-version"),
        pytest.param(
            {"requestContext": HTTP | {"domainName": "x.lambda-url.eu-west-1.on.aws"}},
            FUNCTION_URL,
            id="function-url-without-version",
        ),
        pytest.param(
            {
                "requestContext": HTTP | {"domainName": "api.example.com"},
                "headers": {"host": "x.lambda-url.eu-west-1.on.aws"},
            },
            HTTP_API,
            id="forged-host-header",
        ),
        pytest.param(
            {"requestContext": HTTP | {"accountId": "anonymous"}}, HTTP_API, id="anonymous-account"
        ),
        pytest.param(
            {"requestContext": {"elb": {}}, "multiValueHeaders": {}},
            ALB_MULTI_VALUE,
            id="alb-with-an-empty-list-map",
        ),
        pytest.param(
            {"requestContext": {"elb": {}}, "multiValueHeaders": None},
            ALB,
            id="alb-with-a-null-list-map",
        ),
        pytest.param(
            {"requestContext": {"elb": {}, **HTTP}, "httpMethod": "GET"}, ALB, id="alb-comes-first"
        ),
        pytest.param(
            {"requestContext": {"connectionId": "x", "eventType": "MESSAGE"}},
            WEBSOCKET_API,
            id="websocket",
        ),
        pytest.param(
            {"requestContext": HTTP, "type": "REQUEST"}, HTTP_API, id="type-without-an-arn"
        ),
        pytest.param(
            {"requestContext": HTTP, "methodArn": "arn"}, HTTP_API, id="arn-without-a-type"
        ),
        pytest.param(
            {"requestContext": HTTP, "type": "REQUEST", "routeArn": "arn"},
            None,
            id="authorizer-2.0",
        ),
        pytest.param(
            {"requestContext": {}, "httpMethod": "GET", "type": "REQUEST", "methodArn": "arn"},
            None,
            id="authorizer-1.0",
        ),
        pytest.param(
            {"requestContext": {"connectionId": "x"}, "type": "REQUEST", "methodArn": "arn"},
            None,
            id="authorizer-websocket",
        ),
        pytest.param({"type": "TOKEN", "methodArn": "arn"}, None, id="authorizer-token"),
        pytest.param(
            {"actionGroup": "x", "httpMethod": "GET", "apiPath": "/"}, None, id="bedrock-agent"
        ),
        pytest.param({"Records": None}, None, id="null-records"),
        pytest.param({"Records": ["text"]}, None, id="records-of-text"),
        pytest.param({"version": "2.0"}, None, id="version-alone"),
        pytest.param({"path": "/", "headers": {}}, None, id="path-alone"),
    ],
)
def test_look_alikes(event: dict[str, Any], source: Source | None) -> None:
    assert detect(event) is source


@pytest.mark.parametrize(
    ("event", "seems", "accepts"),
    [
        pytest.param(
            {"requestContext": {"connectionId": "x"}}, "a WebSocket API", "sources", id="websocket"
        ),
        pytest.param(
            {"requestContext": {"serviceArn": "x"}}, "VPC Lattice", "sources", id="lattice-2"
        ),
        pytest.param({"raw_path": "/", "method": "GET"}, "VPC Lattice", "sources", id="lattice-1"),
        pytest.param({"Records": [{"cf": {}}]}, "CloudFront", "sources", id="edge"),
        pytest.param(
            {"CheckpointToken": "x"}, "a durable function", "no argument", id="durable-token"
        ),
        pytest.param(
            {"DurableExecutionArn": "x"}, "a durable function", "no argument", id="durable-arn"
        ),
        pytest.param({"httpMethod": "GET"}, "an HTTP front door", "sources", id="method"),
        pytest.param({"rawPath": "/"}, "an HTTP front door", "sources", id="raw-path"),
        pytest.param({"requestContext": []}, "an HTTP front door", "sources", id="context"),
        pytest.param({"Records": [{"eventSource": "aws:sqs"}]}, "SQS", "on_event", id="sqs"),
        pytest.param({"Records": [{"EventSource": "aws:sns"}]}, "SNS", "on_event", id="sns"),
        pytest.param({"Records": []}, "a direct invocation", "on_event", id="no-records"),
        pytest.param({"Records": [5]}, "a direct invocation", "on_event", id="records-of-numbers"),
        pytest.param({"detail-type": "x"}, "EventBridge", "on_event", id="eventbridge"),
        pytest.param(
            {"type": "TOKEN", "methodArn": "x"}, "a Lambda authorizer", "on_event", id="authorizer"
        ),
        pytest.param({"key": "value"}, "a direct invocation", "on_event", id="direct"),
        pytest.param({}, "a direct invocation", "on_event", id="empty"),
    ],
)
def test_the_error_says_what_an_event_seems_and_what_accepts_it(
    event: dict[str, Any], seems: str, accepts: str
) -> None:
    with pytest.raises(UnsupportedEvent) as raised:
        handler(event)
    text = str(raised.value)
    assert f"as from {seems}" in text
    assert accepts in text
    assert all(repr(key) in text for key in event)


def strings(value: Any) -> Iterator[str]:
    """The strings in an event that are no keys of it."""
    if isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, str):
        yield value


# Shorter values, as "GET", are words of any text.
LONG: Final = 12


@pytest.mark.parametrize("path", events(*REFUSED, "non-http"), ids=name_of)
def test_the_error_names_keys_and_never_values(path: Path) -> None:
    event = load(path)
    with pytest.raises(UnsupportedEvent) as raised:
        handler(event)
    text = str(raised.value)
    assert not [value for value in strings(event) if len(value) >= LONG and value in text]
    if isinstance(event, dict):
        assert all(repr(key) in text for key in event)


def test_the_error_names_the_first_keys_of_many() -> None:
    with pytest.raises(UnsupportedEvent) as raised:
        handler({f"key-{number:03}": "x" for number in range(500)})
    assert "'key-000', 'key-001'" in str(raised.value)
    assert "key-100" not in str(raised.value)


def test_keys_of_another_type_are_named_too() -> None:
    with pytest.raises(UnsupportedEvent, match="'5'"):
        handler({5: "x"})
    with pytest.raises(UnsupportedEvent, match="'5'"):
        handler({5: "x", "requestContext": {"elb": {}}})


Place = tuple[str | int, ...]

REPLACEMENTS: Final[tuple[Any, ...]] = (
    None,
    True,
    5,
    1.5,
    [],
    ["a", 5],
    [[]],
    {},
    {"a": 5},
    {"a": ["b"]},
    "",
    "%é /?#\ud800",
)
GONE: Final = object()


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Where the values of an event are, those inside others too."""
    if place:
        yield place
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*place, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from places(each, (*place, number))


def put(event: Any, place: Place, value: Any) -> None:
    for step in place[:-1]:
        event = event[step]
    if value is GONE:
        del event[place[-1]]
    else:
        # A copy, into which the next replacement may reach.
        event[place[-1]] = copy.deepcopy(value)


def refused_or_answered(event: Any) -> bool:
    """Whether the event was parsed; a body that is no base64 gets a 400."""
    try:
        answer = handler(event)
    except UnsupportedEvent:
        return False
    assert answer["statusCode"] in (204, 400)
    return True


ONE_EACH: Final = (
    "rest-v1/made-custom-domain-base-path",
    "rest-v1/made-decoded-query",
    "http-v1/made-named-stage",
    "http-v2/made-sam-local-cookies",
    "function-url/made-form-base64",
    "alb/made-encoded-query",
    "alb-multi/made-repeated-headers",
)


@pytest.mark.parametrize("file", ONE_EACH)
def test_an_event_with_one_value_of_another_type_is_answered_or_refused(file: str) -> None:
    event = load(EVENTS / f"{file}.json")
    assert refused_or_answered(event)
    wrong = []
    for place in places(event):
        for value in (*REPLACEMENTS, GONE):
            changed = copy.deepcopy(event)
            put(changed, place, value)
            try:
                refused_or_answered(changed)
            except Exception as error:
                wrong.append((place, "gone" if value is GONE else value, repr(error)))
    assert wrong == []


# Those of connections are tested where their answers are made up.
GOLDEN: Final = [load(path) for path in events(*SOURCES) if path.parent.name != "websocket"]
VALUES: Final = st.sampled_from((*REPLACEMENTS, GONE)) | st.text() | st.integers()


@settings(deadline=None)
@given(st.data())
def test_an_event_with_several_such_values_is_answered_or_refused(data: st.DataObject) -> None:
    event = copy.deepcopy(data.draw(st.sampled_from(GOLDEN)))
    for _ in range(data.draw(st.integers(1, 4))):
        if found := list(places(event)):
            put(event, data.draw(st.sampled_from(found)), data.draw(VALUES))
    refused_or_answered(event)


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
KEYS: Final = st.sampled_from(
    [
        "requestContext",
        "httpMethod",
        "rawPath",
        "raw_path",
        "resource",
        "Records",
        "type",
        "version",
    ]
)


@settings(deadline=None)
@given(JSON | st.dictionaries(KEYS | st.text(), JSON))
def test_any_json_is_answered_or_refused(event: Any) -> None:
    refused_or_answered(event)


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1), st.just("a secret value"), min_size=1))
def test_no_error_has_a_value(event: dict[str, str]) -> None:
    with pytest.raises(UnsupportedEvent) as raised:
        handler(event)
    assert "a secret value" not in str(raised.value)
