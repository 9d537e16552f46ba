"""The HTTP cycle by plain calls: every state and message, and every shape of a message."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asgi_lambda.errors import UnexpectedMessage
from asgi_lambda.protocols.http import HTTPCycle, State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_lambda.asgi_types import Message

START: Final = "http.response.start"
BODY: Final = "http.response.body"


def start(*, status: Any = 200, headers: Any = ()) -> Message:
    return {"type": START, "status": status, "headers": headers}


def body(*, content: Any = b"x", more: Any = False) -> Message:
    return {"type": BODY, "body": content, "more_body": more}


def cycle_in(*, state: State, method: str = "GET", content: bytes = b"in") -> HTTPCycle:
    """A cycle that messages of an application brought to this state."""
    cycle = HTTPCycle(method, content)
    if state in (State.AWAITING_BODY, State.COMPLETE):
        cycle.send(start())
    if state is State.COMPLETE:
        cycle.send(body())
    if state is State.DISCONNECTED:
        cycle.disconnect()
    assert cycle.state is state
    return cycle


STATES: Final = pytest.mark.parametrize("state", State, ids=lambda state: state.name.lower())


# Sending


@pytest.mark.parametrize(
    ("state", "message", "passed_on", "after"),
    [
        pytest.param(State.AWAITING_START, start(), None, State.AWAITING_BODY, id="start"),
        pytest.param(State.AWAITING_BODY, body(), b"x", State.COMPLETE, id="last-body"),
        pytest.param(
            State.AWAITING_BODY, body(more=True), b"x", State.AWAITING_BODY, id="body-with-more"
        ),
        pytest.param(State.AWAITING_BODY, {"type": BODY}, b"", State.COMPLETE, id="body-alone"),
        pytest.param(
            State.AWAITING_BODY, body(content=b"", more=True), b"", State.AWAITING_BODY, id="empty"
        ),
        pytest.param(State.COMPLETE, start(), None, State.COMPLETE, id="start-after-the-end"),
        pytest.param(State.COMPLETE, body(), None, State.COMPLETE, id="body-after-the-end"),
        pytest.param(
            State.COMPLETE, {"type": "anything"}, None, State.COMPLETE, id="anything-after-the-end"
        ),
    ],
)
def test_a_message_in_its_place(
    state: State, message: Message, passed_on: bytes | None, after: State
) -> None:
    cycle = cycle_in(state=state)
    assert cycle.send(message) == passed_on
    assert cycle.state is after


KINDS: Final = (
    START,
    BODY,
    "http.response.trailers",
    "http.response.push",
    "http.response.pathsend",
    "http.request",
    "websocket.accept",
    "lifespan.startup.complete",
    "",
)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        pytest.param(state, kind, id=f"{state.name.lower()}-{kind}")
        for state, awaited in ((State.AWAITING_START, START), (State.AWAITING_BODY, BODY))
        for kind in KINDS
        if kind != awaited
    ],
)
def test_a_message_out_of_place_is_refused(state: State, kind: str) -> None:
    cycle = cycle_in(state=state)
    with pytest.raises(UnexpectedMessage) as raised:
        cycle.send({"type": kind, "status": 200, "body": b"x"})
    assert str(raised.value) == f"{state.value}, got {kind!r}"
    assert cycle.state is state


@pytest.mark.parametrize("message", [start(), body(), {"type": "x"}], ids=["start", "body", "x"])
def test_nobody_listens_after_a_disconnect(message: Message) -> None:
    cycle = cycle_in(state=State.DISCONNECTED)
    with pytest.raises(OSError, match="given up"):
        cycle.send(message)
    assert cycle.state is State.DISCONNECTED


@pytest.mark.parametrize("message", [None, 5, "http.response.start", [], {}, {"status": 200}])
@pytest.mark.parametrize("state", [State.AWAITING_START, State.AWAITING_BODY])
def test_what_is_no_message_is_refused(state: State, message: Any) -> None:
    cycle = cycle_in(state=state)
    with pytest.raises(UnexpectedMessage, match=type(message).__name__):
        cycle.send(message)
    assert cycle.state is state


def test_a_refused_message_leaves_room_for_the_right_one() -> None:
    cycle = HTTPCycle("GET", b"")
    for wrong in (start(status=99), start(headers=5), body()):
        with pytest.raises(UnexpectedMessage):
            cycle.send(wrong)
    cycle.send(start(status=201, headers=[(b"a", b"b")]))
    with pytest.raises(UnexpectedMessage):
        cycle.send(body(content="text"))
    assert cycle.send(body()) == b"x"
    assert (cycle.status, cycle.headers) == (201, [(b"a", b"b")])


# Status


@pytest.mark.parametrize(
    ("given_status", "status"),
    [
        (200, 200),
        (599, 599),
        (HTTPStatus.NO_CONTENT, 204),
        ("200", 200),
        (404.0, 404),
    ],
    ids=repr,
)
def test_a_status_that_is_taken(given_status: Any, status: int) -> None:
    cycle = HTTPCycle("GET", b"")
    cycle.send(start(status=given_status))
    assert cycle.status == status
    assert type(cycle.status) is int


@pytest.mark.parametrize(
    "status",
    [None, 0, 100, 101, 199, 600, -200, True, "", "OK", b"", [], {}, float("nan"), float("inf")],
    ids=repr,
)
def test_a_status_that_is_refused(status: Any) -> None:
    cycle = HTTPCycle("GET", b"")
    with pytest.raises(UnexpectedMessage, match="expected a status from 200 to 599, got"):
        cycle.send(start(status=status))
    assert cycle.state is State.AWAITING_START


def test_a_start_without_a_status_is_refused() -> None:
    with pytest.raises(UnexpectedMessage, match="got None"):
        HTTPCycle("GET", b"").send({"type": START})


# Headers


def pairs() -> Iterable[tuple[bytes, bytes]]:
    yield b"A", b"1"
    yield b"a", b"2"


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        pytest.param([(b"A", b"1"), (b"a", b"2")], [(b"a", b"1"), (b"a", b"2")], id="tuples"),
        pytest.param([[b"A", b"1"], [b"a", b"2"]], [(b"a", b"1"), (b"a", b"2")], id="lists"),
        pytest.param(pairs(), [(b"a", b"1"), (b"a", b"2")], id="generator"),
        pytest.param({b"A": b"1"}.items(), [(b"a", b"1")], id="items-of-a-map"),
        pytest.param((), [], id="none"),
        pytest.param([(b"x", b"")], [(b"x", b"")], id="empty-value"),
        pytest.param([(b"x", b" a\tb ")], [(b"x", b" a\tb ")], id="blanks-in-a-value"),
        pytest.param([(b"x", b"\xff\xe9")], [(b"x", b"\xff\xe9")], id="value-beyond-ascii"),
        pytest.param(
            [(b"!#$%&'*+-.^_`|~0Z", b"1")], [(b"!#$%&'*+-.^_`|~0z", b"1")], id="token-characters"
        ),
        pytest.param(
            [(b"transfer-encoding", b"chunked")],
            [(b"transfer-encoding", b"chunked")],
            id="left-to-the-response",
        ),
    ],
)
def test_headers_that_are_taken(headers: Any, taken: list[tuple[bytes, bytes]]) -> None:
    cycle = HTTPCycle("GET", b"")
    cycle.send(start(headers=headers))
    assert cycle.headers == taken


def test_a_start_without_headers_has_none() -> None:
    cycle = HTTPCycle("GET", b"")
    cycle.send({"type": START, "status": 200})
    assert cycle.headers == []


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(None, id="null"),
        pytest.param(5, id="number"),
        pytest.param("ab", id="text"),
        pytest.param([5], id="numbers"),
        pytest.param([(b"a",)], id="one-of-a-pair"),
        pytest.param([(b"a", b"b", b"c")], id="three-of-a-pair"),
        pytest.param([("a", b"b")], id="name-of-text"),
        pytest.param([(b"a", "b")], id="value-of-text"),
        pytest.param([("a", "b")], id="both-of-text"),
        pytest.param([(b"a", None)], id="null-value"),
        pytest.param([(None, b"b")], id="null-name"),
        pytest.param([(b"a", 5)], id="number-as-value"),
        pytest.param([([b"a"], b"b")], id="list-as-name"),
        pytest.param([(b"a", [b"b"])], id="list-as-value"),
        pytest.param({b"ab": b"c"}, id="map"),
        # What is rendered later takes bytes, and a name that can be looked up.
        pytest.param([(bytearray(b"a"), b"b")], id="bytearray-as-name"),
        pytest.param([(b"a", memoryview(b"b"))], id="memoryview-as-value"),
    ],
)
def test_headers_of_another_shape_are_refused(headers: Any) -> None:
    cycle = HTTPCycle("GET", b"")
    with pytest.raises(UnexpectedMessage, match=r"expected .*header"):
        cycle.send(start(headers=headers))
    assert cycle.state is State.AWAITING_START


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(b"", b"x", id="empty-name"),
        pytest.param(b"a b", b"x", id="blank-in-the-name"),
        pytest.param(b"a:", b"x", id="colon-in-the-name"),
        pytest.param(b":status", b"x", id="pseudo-header"),
        pytest.param(b"a\r\nset-cookie", b"x", id="line-in-the-name"),
        pytest.param(b"a\0", b"x", id="nul-in-the-name"),
        pytest.param("é".encode(), b"x", id="name-beyond-ascii"),
        pytest.param(b"a", b"x\r\nset-cookie: b=1", id="line-in-the-value"),
        pytest.param(b"a", b"x\n", id="lf-in-the-value"),
        pytest.param(b"a", b"x\r", id="cr-in-the-value"),
        pytest.param(b"a", b"x\0y", id="nul-in-the-value"),
    ],
)
def test_a_header_that_would_inject_another_is_refused(name: bytes, value: bytes) -> None:
    cycle = HTTPCycle("GET", b"")
    with pytest.raises(UnexpectedMessage) as raised:
        cycle.send(start(headers=[(b"fine", b"fine"), (name, value)]))
    assert cycle.state is State.AWAITING_START
    assert repr(value) not in str(raised.value)


@settings(deadline=None)
@given(st.binary(), st.binary())
def test_what_is_taken_cannot_end_its_line(name: bytes, value: bytes) -> None:
    cycle = HTTPCycle("GET", b"")
    try:
        cycle.send(start(headers=[(name, value)]))
    except UnexpectedMessage:
        assert cycle.state is State.AWAITING_START
    else:
        assert cycle.headers == [(name.lower(), value)]
        assert name.strip() == name != b""
        assert not any(character in name + value for character in b"\r\n\0")


# Body


@pytest.mark.parametrize(
    "content", [b"x", bytearray(b"x"), memoryview(b"x")], ids=lambda content: type(content).__name__
)
def test_a_body_that_is_taken(content: Any) -> None:
    passed_on = cycle_in(state=State.AWAITING_BODY).send(body(content=content))
    assert passed_on == b"x"
    assert type(passed_on) is bytes


@pytest.mark.parametrize("content", [None, "x", 5, [b"x"], {}], ids=repr)
def test_a_body_that_is_refused(content: Any) -> None:
    cycle = cycle_in(state=State.AWAITING_BODY)
    with pytest.raises(UnexpectedMessage, match=f"as body, got {type(content).__name__}"):
        cycle.send(body(content=content))
    assert cycle.state is State.AWAITING_BODY


@pytest.mark.parametrize("more", [False, 0, None, ""], ids=repr)
def test_more_body_that_is_falsy_ends_the_response(more: Any) -> None:
    cycle = cycle_in(state=State.AWAITING_BODY)
    cycle.send(body(more=more))
    assert cycle.state is State.COMPLETE


@pytest.mark.parametrize(
    ("method", "status", "passed_on"),
    [
        ("GET", 200, b"x"),
        ("GET", 205, b"x"),
        ("HEAD", 200, b""),
        ("HEAD", 404, b""),
        ("GET", 204, b""),
        ("POST", 304, b""),
    ],
)
def test_a_response_that_may_have_no_body_has_none(
    method: str, status: int, passed_on: bytes
) -> None:
    cycle = HTTPCycle(method, b"")
    cycle.send(start(status=status))
    assert cycle.send(body(more=True)) == passed_on
    assert cycle.send(body()) == passed_on
    assert cycle.state is State.COMPLETE


# Receiving

REQUEST: Final = {"type": "http.request", "body": b"in", "more_body": False}
DISCONNECT: Final = {"type": "http.disconnect"}


@STATES
def test_the_request_comes_first_in_any_state(state: State) -> None:
    assert cycle_in(state=state).receive() == REQUEST


@pytest.mark.parametrize(
    ("state", "message"),
    [
        pytest.param(State.AWAITING_START, None, id="awaiting_start"),
        pytest.param(State.AWAITING_BODY, None, id="awaiting_body"),
        pytest.param(State.COMPLETE, DISCONNECT, id="complete"),
        pytest.param(State.DISCONNECTED, DISCONNECT, id="disconnected"),
    ],
)
def test_a_disconnect_comes_when_the_response_is_over(
    state: State, message: Message | None
) -> None:
    cycle = cycle_in(state=state)
    cycle.receive()
    assert cycle.receive() == message
    assert cycle.receive() == message


def test_an_empty_request_body_is_one_message() -> None:
    cycle = HTTPCycle("GET", b"")
    assert cycle.receive() == {"type": "http.request", "body": b"", "more_body": False}
    assert cycle.receive() is None


# Giving up


@pytest.mark.parametrize(
    ("state", "after"),
    [
        pytest.param(State.AWAITING_START, State.DISCONNECTED, id="awaiting_start"),
        pytest.param(State.AWAITING_BODY, State.DISCONNECTED, id="awaiting_body"),
        pytest.param(State.COMPLETE, State.COMPLETE, id="complete"),
        pytest.param(State.DISCONNECTED, State.DISCONNECTED, id="disconnected"),
    ],
)
def test_a_disconnect_ends_all_but_a_complete_response(state: State, after: State) -> None:
    cycle = cycle_in(state=state)
    cycle.disconnect()
    assert cycle.state is after
