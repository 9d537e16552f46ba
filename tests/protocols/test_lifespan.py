"""The lifespan cycle by plain calls: every state and message, and every way to end."""

from __future__ import annotations

from typing import Any, Final

import pytest

from asgi_lambda.errors import UnexpectedMessage
from asgi_lambda.protocols.lifespan import LifespanCycle, State

STARTUP: Final = {"type": "lifespan.startup"}
SHUTDOWN: Final = {"type": "lifespan.shutdown"}


def cycle_in(*, state: State) -> LifespanCycle:
    """A cycle that messages of an application brought to this state."""
    cycle = LifespanCycle()
    if state is State.UNSUPPORTED:
        cycle.end(None)
    elif state is State.FAILED:
        cycle.send({"type": "lifespan.startup.failed", "message": "no database"})
    elif state is not State.NEW:
        cycle.receive()
        if state is not State.STARTING:
            cycle.send({"type": "lifespan.startup.complete"})
        if state in (State.STOPPING, State.ENDED):
            cycle.shut_down()
            cycle.receive()
        if state is State.ENDED:
            cycle.send({"type": "lifespan.shutdown.complete"})
    assert cycle.state is state
    return cycle


ACCEPTED: Final = {
    (State.NEW, "lifespan.startup.complete"): State.STARTED,
    (State.NEW, "lifespan.startup.failed"): State.FAILED,
    (State.STARTING, "lifespan.startup.complete"): State.STARTED,
    (State.STARTING, "lifespan.startup.failed"): State.FAILED,
    (State.STARTED, "lifespan.shutdown.complete"): State.ENDED,
    (State.STARTED, "lifespan.shutdown.failed"): State.FAILED,
    (State.STOPPING, "lifespan.shutdown.complete"): State.ENDED,
    (State.STOPPING, "lifespan.shutdown.failed"): State.FAILED,
}
MESSAGES: Final = (
    "lifespan.startup.complete",
    "lifespan.startup.failed",
    "lifespan.shutdown.complete",
    "lifespan.shutdown.failed",
    "lifespan.unknown",
    "http.response.start",
    "websocket.close",
)
# Of another protocol: the application took the lifespan for a request.
FOREIGN: Final = ("http.response.start", "websocket.close")


def name_of(value: Any) -> str | None:
    return value.name.lower() if isinstance(value, State) else None


@pytest.mark.parametrize(("state", "kind"), ACCEPTED, ids=name_of)
def test_a_message_in_its_place(state: State, kind: str) -> None:
    cycle = cycle_in(state=state)
    cycle.send({"type": kind, "message": "because"})
    assert cycle.state is ACCEPTED[state, kind]
    assert cycle.message == ("because" if kind.endswith("failed") else "")


@pytest.mark.parametrize(
    ("state", "kind"),
    [(state, kind) for state in State for kind in MESSAGES if (state, kind) not in ACCEPTED],
    ids=name_of,
)
def test_a_message_out_of_place_is_refused(state: State, kind: str) -> None:
    cycle = cycle_in(state=state)
    with pytest.raises(UnexpectedMessage) as raised:
        cycle.send({"type": kind})
    assert str(raised.value) == f"the lifespan is {state.value}, got {kind!r}"
    mistaken = kind in FOREIGN and state in (State.NEW, State.STARTING)
    assert cycle.state is (State.UNSUPPORTED if mistaken else state)


@pytest.mark.parametrize("message", [None, 5, "lifespan.startup.complete", [], {}], ids=repr)
def test_what_is_no_message_is_refused(message: Any) -> None:
    cycle = cycle_in(state=State.STARTING)
    with pytest.raises(UnexpectedMessage):
        cycle.send(message)


@pytest.mark.parametrize("kind", ["lifespan.startup.failed", "lifespan.shutdown.failed"])
def test_a_failure_may_have_no_message(kind: str) -> None:
    cycle = cycle_in(state=State.STARTED if "shutdown" in kind else State.STARTING)
    cycle.send({"type": kind})
    assert (cycle.state, cycle.message) == (State.FAILED, "")


@pytest.mark.parametrize("state", State, ids=name_of)
def test_receive_says_what_comes_next(state: State) -> None:
    cycle = cycle_in(state=state)
    assert cycle.receive() == (STARTUP if state is State.NEW else None)
    assert cycle.receive() is None


@pytest.mark.parametrize("state", State, ids=name_of)
def test_a_shutdown_that_is_due_reaches_what_has_started(state: State) -> None:
    cycle = cycle_in(state=state)
    cycle.shut_down()
    expected = {State.NEW: STARTUP, State.STARTED: SHUTDOWN}.get(state)
    assert cycle.receive() == expected
    assert cycle.receive() is None


def test_a_shutdown_that_is_due_waits_for_the_startup() -> None:
    cycle = cycle_in(state=State.STARTING)
    cycle.shut_down()
    assert cycle.receive() is None
    cycle.send({"type": "lifespan.startup.complete"})
    assert cycle.receive() == SHUTDOWN
    assert cycle.state is State.STOPPING


@pytest.mark.parametrize(
    ("state", "settled", "over", "delivered", "started"),
    [
        pytest.param(State.NEW, False, False, False, False, id="new"),
        pytest.param(State.STARTING, False, False, True, False, id="starting"),
        pytest.param(State.STARTED, True, False, True, True, id="started"),
        pytest.param(State.STOPPING, True, False, True, True, id="stopping"),
        pytest.param(State.ENDED, True, True, True, True, id="ended"),
        pytest.param(State.UNSUPPORTED, True, True, False, False, id="unsupported"),
        pytest.param(State.FAILED, True, True, False, False, id="failed"),
    ],
)
def test_what_is_known_of_a_state(
    state: State, settled: bool, over: bool, delivered: bool, started: bool
) -> None:
    cycle = cycle_in(state=state)
    assert (cycle.settled, cycle.over) == (settled, over)
    assert (cycle.delivered, cycle.started) == (delivered, started)


CONFUSED: Final = (KeyError, TypeError, AssertionError, ValueError, NotImplementedError)


@pytest.mark.parametrize(
    ("state", "error", "after"),
    [
        pytest.param(State.NEW, None, State.UNSUPPORTED, id="new-returned"),
        pytest.param(State.NEW, RuntimeError("x"), State.UNSUPPORTED, id="new-raised"),
        pytest.param(State.STARTING, None, State.UNSUPPORTED, id="starting-returned"),
        *(
            pytest.param(
                State.STARTING, each("x"), State.UNSUPPORTED, id=f"starting-{each.__name__}"
            )
            for each in CONFUSED
        ),
        pytest.param(State.STARTING, OSError("x"), State.FAILED, id="starting-raised"),
        pytest.param(State.STARTED, None, State.ENDED, id="started-returned"),
        pytest.param(State.STARTED, KeyError("x"), State.FAILED, id="started-raised"),
        pytest.param(State.STOPPING, None, State.ENDED, id="stopping-returned"),
        pytest.param(State.STOPPING, KeyError("x"), State.FAILED, id="stopping-raised"),
        pytest.param(State.ENDED, None, State.ENDED, id="ended-returned"),
        pytest.param(State.ENDED, OSError("x"), State.ENDED, id="ended-raised"),
        pytest.param(State.UNSUPPORTED, OSError("x"), State.UNSUPPORTED, id="unsupported-raised"),
        pytest.param(State.FAILED, None, State.FAILED, id="failed-returned"),
    ],
)
def test_the_end_of_the_application(state: State, error: Exception | None, after: State) -> None:
    cycle = cycle_in(state=state)
    cycle.end(error)
    assert cycle.state is after
    assert cycle.error is error


@pytest.mark.parametrize("state", [State.STARTING, State.STARTED, State.STOPPING], ids=name_of)
def test_a_failure_says_which_exception_it_was(state: State) -> None:
    cycle = cycle_in(state=state)
    cycle.end(OSError("no database"))
    assert cycle.message == "OSError: no database"


def test_an_exception_after_a_failure_leaves_the_message_of_the_application() -> None:
    cycle = cycle_in(state=State.FAILED)
    cycle.end(RuntimeError("startup failed"))
    assert cycle.message == "no database"
