"""The WebSocket cycle by plain calls: every state and message, live and replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asgi_lambda.errors import UnexpectedMessage
from asgi_lambda.protocols.websocket import Answer, Close, Post, State, WebSocketCycle

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Message

ACCEPT: Final = "websocket.accept"
SEND: Final = "websocket.send"
CLOSE: Final = "websocket.close"
START: Final = "websocket.http.response.start"
BODY: Final = "websocket.http.response.body"

CONNECT: Final = {"type": "websocket.connect"}


def text(content: str) -> Any:
    """What a client sent."""
    return {"type": "websocket.receive", "bytes": None, "text": content}


def end(code: int, reason: str = "") -> Any:
    return {"type": "websocket.disconnect", "code": code, "reason": reason}


def cycle_in(*, state: State, replayed: bool = False) -> WebSocketCycle:
    """A cycle that messages brought to this state, the application having asked for one."""
    cycle = WebSocketCycle(replayed=replayed)
    assert cycle.receive() == CONNECT
    if state is State.DENYING:
        cycle.send({"type": START, "status": 401, "headers": []})
    elif state is not State.CONNECTING:
        cycle.send({"type": ACCEPT})
        assert cycle.receive() is None
        if state is State.CLOSED:
            cycle.send({"type": CLOSE})
        if state is State.DISCONNECTED:
            cycle.disconnect(1001, "away")
    assert cycle.state is state
    return cycle


REPLAYED: Final = pytest.mark.parametrize("replayed", [False, True], ids=["live", "replayed"])


# Sending, by every state

C, D, N, X, G = State.CONNECTING, State.DENYING, State.OPEN, State.CLOSED, State.DISCONNECTED
PLACES: Final[dict[tuple[State, str], tuple[Any, State]]] = {
    (C, ACCEPT): (Answer(200, []), N),
    (C, CLOSE): (Answer(403, []), X),
    (C, START): (None, D),
    (D, BODY): (Answer(401, [], b"x"), X),
    (N, SEND): (Post(b"x", True), N),
    (N, CLOSE): (Close(1000, ""), X),
    (X, CLOSE): (None, X),
    (G, CLOSE): (None, G),
}
MESSAGES: Final[dict[str, Message]] = {
    ACCEPT: {"type": ACCEPT},
    SEND: {"type": SEND, "text": "x"},
    CLOSE: {"type": CLOSE},
    START: {"type": START, "status": 401, "headers": []},
    BODY: {"type": BODY, "body": b"x"},
    "http.response.start": {"type": "http.response.start", "status": 200},
    "websocket.receive": {"type": "websocket.receive", "text": "x"},
    "": {"type": ""},
}
EACH: Final = pytest.mark.parametrize(
    ("state", "kind"),
    [
        pytest.param(state, kind, id=f"{state.name.lower()}-{kind}")
        for state in State
        for kind in MESSAGES
    ],
)


@EACH
def test_every_message_in_every_state(state: State, kind: str) -> None:
    cycle = cycle_in(state=state)
    if (state, kind) in PLACES:
        command, after = PLACES[state, kind]
        assert cycle.send(MESSAGES[kind]) == command
        assert cycle.state is after
        return
    over = state in (State.CLOSED, State.DISCONNECTED)
    with pytest.raises(OSError if over else UnexpectedMessage) as raised:
        cycle.send(MESSAGES[kind])
    assert state.value in str(raised.value)
    assert cycle.state is state


# A client that was accepted once cannot be denied any more.
REPLAYED_PLACES: Final = PLACES | {
    (C, ACCEPT): (None, N),
    (C, CLOSE): (Close(1000, ""), X),
    (D, BODY): (Close(1000, ""), X),
}


@EACH
def test_every_message_in_every_state_of_a_replay(state: State, kind: str) -> None:
    cycle = cycle_in(state=state, replayed=True)
    if (state, kind) in REPLAYED_PLACES:
        command, after = REPLAYED_PLACES[state, kind]
        assert cycle.send(MESSAGES[kind]) == command
        assert cycle.state is after
        return
    with pytest.raises((OSError, UnexpectedMessage)):
        cycle.send(MESSAGES[kind])
    assert cycle.state is state


@pytest.mark.parametrize("message", [None, 5, ACCEPT, [], {}, {"text": "x"}], ids=repr)
@pytest.mark.parametrize("state", State, ids=lambda state: state.name.lower())
def test_what_is_no_message_is_refused(state: State, message: Any) -> None:
    cycle = cycle_in(state=state)
    with pytest.raises(UnexpectedMessage, match=type(message).__name__):
        cycle.send(message)
    assert cycle.state is state


# The shape of messages


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        pytest.param({}, Answer(200, []), id="bare"),
        pytest.param({"subprotocol": None, "headers": None}, Answer(200, []), id="nulls"),
        pytest.param(
            {"subprotocol": "chat", "headers": [(b"X-A", b"1")]},
            Answer(200, [(b"x-a", b"1"), (b"sec-websocket-protocol", b"chat")]),
            id="all",
        ),
    ],
)
def test_accepting(message: Message, answer: Answer) -> None:
    assert cycle_in(state=State.CONNECTING).send({"type": ACCEPT, **message}) == answer
    assert answer.accepts


@pytest.mark.parametrize(
    ("state", "message", "what"),
    [
        pytest.param(C, {"type": ACCEPT, "subprotocol": b"x"}, "text or None", id="subprotocol"),
        pytest.param(C, {"type": ACCEPT, "subprotocol": "x\r\ny"}, "CR", id="subprotocol-lines"),
        pytest.param(C, {"type": ACCEPT, "headers": [("a", "b")]}, "bytes", id="headers"),
        pytest.param(
            C,
            {"type": ACCEPT, "headers": [(b"Sec-WebSocket-Protocol", b"x")]},
            "as a header",
            id="subprotocol-as-header",
        ),
        pytest.param(C, {"type": START, "status": 204}, "which denies", id="status-that-accepts"),
        pytest.param(C, {"type": START, "status": "x"}, "a status", id="no-status"),
        pytest.param(D, {"type": BODY, "body": "x"}, "bytes as body", id="body-of-text"),
        pytest.param(N, {"type": SEND}, "exactly one", id="nothing"),
        pytest.param(N, {"type": SEND, "text": "x", "bytes": b"x"}, "exactly one", id="both"),
        pytest.param(N, {"type": SEND, "text": b"x"}, "str as text", id="text-of-bytes"),
        pytest.param(N, {"type": SEND, "bytes": "x"}, "bytes as bytes", id="bytes-of-text"),
        pytest.param(N, {"type": SEND, "text": "\ud800"}, "surrogate", id="half-a-surrogate"),
        pytest.param(N, {"type": CLOSE, "code": "1000"}, "int as code", id="code"),
        pytest.param(N, {"type": CLOSE, "reason": b"x"}, "as reason", id="reason"),
    ],
)
def test_a_message_of_a_wrong_shape_is_refused(state: State, message: Message, what: str) -> None:
    cycle = cycle_in(state=state)
    with pytest.raises(UnexpectedMessage, match=what):
        cycle.send(message)
    assert cycle.state is state


@pytest.mark.parametrize("data", [b"x", bytearray(b"x"), memoryview(b"x")], ids=repr)
def test_bytes_of_every_kind(data: Any) -> None:
    assert cycle_in(state=N).send({"type": SEND, "bytes": data, "text": None}) == Post(b"x", False)


def test_a_close_has_code_and_reason() -> None:
    cycle = cycle_in(state=N)
    message = {"type": CLOSE, "code": 4000, "reason": "enough"}
    assert cycle.send(message) == Close(4000, "enough")
    assert cycle.receive() == end(4000, "enough")


def test_a_denial_in_parts() -> None:
    cycle = cycle_in(state=State.CONNECTING)
    headers = [(b"Content-Type", b"text/plain")]
    assert cycle.send({"type": START, "status": 401, "headers": headers}) is None
    assert cycle.waits
    assert cycle.receive() is None
    assert cycle.send({"type": BODY, "body": b"a", "more_body": True}) is None
    assert cycle.state is State.DENYING
    answer = cycle.send({"type": BODY, "body": b"b"})
    assert answer == Answer(401, [(b"content-type", b"text/plain")], b"ab")
    assert isinstance(answer, Answer)
    assert not answer.accepts
    assert cycle.receive() == end(1006)


# Receiving


def test_receiving() -> None:
    cycle = WebSocketCycle()
    assert not cycle.waits
    assert cycle.receive() == CONNECT
    cycle.deliver(text("early"))
    # Before its answer the application gets nothing else.
    assert cycle.waits
    assert cycle.receive() is None
    cycle.send({"type": ACCEPT})
    assert not cycle.waits
    assert cycle.receive() == text("early")
    assert cycle.waits
    assert cycle.receive() is None
    cycle.deliver(text("a"))
    cycle.disconnect(1001, "away")
    cycle.disconnect(1002, "a second time")
    cycle.deliver(text("too late"))
    assert cycle.over
    assert [cycle.receive() for _ in range(3)] == [text("a"), end(1001, "away"), None]
    assert cycle.waits


def test_a_client_that_is_lost_gives_no_code() -> None:
    cycle = cycle_in(state=N)
    cycle.disconnect()
    assert cycle.receive() == end(1006)


@pytest.mark.parametrize("kind", ["websocket.close", "websocket.http.response"])
def test_a_client_that_leaves_before_it_is_denied_is_told_once(kind: str) -> None:
    cycle = WebSocketCycle()
    assert cycle.receive() == {"type": "websocket.connect"}
    cycle.disconnect(1001, "away")
    if kind == "websocket.close":
        cycle.send({"type": kind})
    else:
        cycle.send({"type": f"{kind}.start", "status": 401, "headers": []})
        cycle.send({"type": f"{kind}.body", "body": b"no"})
    assert cycle.receive() == {"type": "websocket.disconnect", "code": 1001, "reason": "away"}
    assert cycle.receive() is None


def test_after_its_own_close_an_application_gets_nothing_of_before() -> None:
    cycle = cycle_in(state=N)
    cycle.deliver(text("a"))
    cycle.send({"type": CLOSE, "code": 4000})
    cycle.deliver(text("b"))
    cycle.disconnect(1005)
    assert cycle.receive() == end(4000)


def test_a_connection_that_could_not_be_opened() -> None:
    cycle = cycle_in(state=N)
    cycle.abort()
    assert cycle.state is State.CLOSED
    assert cycle.receive() == end(1006)
    assert cycle.end(failed=True) is None


# Replays


def test_a_replay_drops_what_the_client_has_had() -> None:
    cycle = WebSocketCycle(replayed=True)
    cycle.deliver(text("a"))
    assert cycle.receive() == CONNECT
    assert cycle.send({"type": ACCEPT, "subprotocol": "chat"}) is None
    assert cycle.send({"type": SEND, "text": "welcome"}) is None
    assert cycle.receive() == text("a")
    assert cycle.send({"type": SEND, "text": "b"}) == Post(b"b", True)


def test_a_replay_refuses_what_is_wrong_all_the_same() -> None:
    cycle = WebSocketCycle(replayed=True)
    cycle.receive()
    cycle.send({"type": ACCEPT})
    with pytest.raises(UnexpectedMessage, match="exactly one"):
        cycle.send({"type": SEND})


def test_a_replay_for_the_end_alone() -> None:
    cycle = WebSocketCycle(replayed=True)
    cycle.disconnect(1001)
    assert cycle.receive() == CONNECT
    assert cycle.send({"type": ACCEPT}) is None
    assert cycle.state is State.DISCONNECTED
    assert cycle.send({"type": SEND, "text": "welcome"}) is None
    assert cycle.receive() == end(1001)
    with pytest.raises(OSError, match="left by the client"):
        cycle.send({"type": SEND, "text": "x"})


# The end of the application


@REPLAYED
@pytest.mark.parametrize("failed", [False, True], ids=["returned", "failed"])
@pytest.mark.parametrize("state", State, ids=lambda state: state.name.lower())
def test_what_the_end_leaves_to_do(state: State, failed: bool, replayed: bool) -> None:
    cycle = cycle_in(state=state, replayed=replayed)
    command = cycle.end(failed=failed)
    if state in (State.CONNECTING, State.DENYING):
        assert command == (Close(1011, "") if replayed else Answer(500, []))
    elif state is State.OPEN:
        assert command == Close(1011 if failed else 1000, "")
    else:
        assert command is None
    assert cycle.state in (State.CLOSED, State.DISCONNECTED)


@given(st.lists(st.sampled_from([*MESSAGES, "receive", "deliver", "disconnect"])), st.booleans())
def test_no_order_of_calls_breaks_the_rules(calls: list[str], replayed: bool) -> None:
    cycle = WebSocketCycle(replayed=replayed)
    answers, closes, got = 0, 0, []
    for each in calls:
        if each == "receive":
            waits = cycle.waits
            message = cycle.receive()
            assert waits is (message is None)
            got.append(message and message["type"])
        elif each == "deliver":
            cycle.deliver(text("x"))
        elif each == "disconnect":
            cycle.disconnect()
        else:
            try:
                command = cycle.send(MESSAGES[each])
            except (OSError, UnexpectedMessage):
                continue
            answers += isinstance(command, Answer)
            closes += isinstance(command, Close)
            if isinstance(command, Post):
                assert cycle.state is State.OPEN
    assert answers + closes <= (1 if replayed else 2)
    assert got.count("websocket.connect") <= 1
    rest = got[got.index("websocket.disconnect") :] if "websocket.disconnect" in got else []
    assert set(rest[1:]) <= {None}
