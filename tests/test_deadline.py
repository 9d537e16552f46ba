"""How long a call may take, and the thread that tells it."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING
from unittest.mock import MagicMock

import anyio
import pytest

from asgi_lambda.deadline import Patience, Watchdog, patience
from tests.applications import Context, http_event, http_only, respond

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Receive, Scope, Send
    from tests.backends import Adapt


class TestPatience:
    @pytest.mark.parametrize(
        ("milliseconds", "timeout", "margin", "limit", "applied"),
        [
            pytest.param(10_000, None, 0.5, 9.5, 0.5, id="margin-before-the-deadline"),
            pytest.param(1_000, None, 0.5, 0.75, 0.25, id="margin-a-quarter-at-most"),
            pytest.param(10_000, 4.0, 0.5, 3.5, 0.5, id="timeout-where-smaller"),
            pytest.param(10_000, 29.0, 0.5, 9.5, 0.5, id="deadline-where-smaller"),
            pytest.param(10_000, 4.0, None, 3.5, 0.5, id="timeout-without-a-margin"),
            pytest.param(0, 4.0, 1.0, 3.0, 1.0, id="timeout-without-a-deadline"),
        ],
    )
    def test_limit_and_margin(
        self,
        milliseconds: int,
        timeout: float | None,
        margin: float | None,
        limit: float,
        applied: float,
    ) -> None:
        given = patience(Context(milliseconds=milliseconds), timeout, margin)
        assert given is not None
        assert (given.limit, given.margin) == pytest.approx((limit, applied))

    @pytest.mark.parametrize("milliseconds", [0, -5, 10**12])
    def test_what_is_no_deadline(self, milliseconds: int) -> None:
        assert patience(Context(milliseconds=milliseconds), None, 0.5) is None

    @pytest.mark.parametrize(
        "context", [None, object(), {}, MagicMock()], ids=lambda context: type(context).__name__
    )
    def test_what_is_no_context(self, context: object) -> None:
        assert patience(context, None, 0.5) is None  # type: ignore[arg-type]

    def test_without_margin_never(self) -> None:
        assert patience(Context(), None, None) is None


class Told:
    """A call that notes what it was told, and when (s after its beginning)."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.told: list[tuple[str, float]] = []
        self.abandoned = threading.Event()

    def expire(self) -> None:
        self.told.append(("expire", time.monotonic() - self.began))

    def abandon(self) -> None:
        self.told.append(("abandon", time.monotonic() - self.began))
        self.abandoned.set()


class TestWatchdog:
    def test_a_call_is_told_to_expire_then_that_it_is_abandoned(self) -> None:
        watchdog, call = Watchdog(), Told()
        watchdog.watch(call, Patience(0.2, 0.04))
        assert call.abandoned.wait(5)
        watchdog.forget(call)
        assert [what for what, _ in call.told] == ["expire", "abandon"]
        assert call.told[0][1] >= 0.16
        assert call.told[1][1] >= 0.18

    def test_a_forgotten_call_is_told_nothing(self) -> None:
        watchdog, forgotten, other = Watchdog(), Told(), Told()
        watchdog.watch(forgotten, Patience(0.05, 0.012))
        watchdog.forget(forgotten)
        watchdog.watch(other, Patience(0.1, 0.02))
        assert other.abandoned.wait(5)
        watchdog.forget(other)
        assert forgotten.told == []

    def test_a_call_with_less_patience_is_not_kept_waiting(self) -> None:
        watchdog, slow, fast = Watchdog(), Told(), Told()
        watchdog.watch(slow, Patience(60, 0.5))
        watchdog.watch(fast, Patience(0.05, 0.012))
        assert fast.abandoned.wait(5)
        watchdog.forget(fast)
        watchdog.forget(slow)
        assert slow.told == []

    def test_one_thread_serves_all(self) -> None:
        before = threading.enumerate()
        watchdog = Watchdog()
        calls = [Told() for _ in range(20)]
        for call in calls:
            watchdog.watch(call, Patience(0.05, 0.012))
        for call in calls:
            assert call.abandoned.wait(5)
            watchdog.forget(call)
        # Those of other tests may end meanwhile.
        assert len([each for each in threading.enumerate() if each not in before]) == 1


def test_a_blocked_loop_is_reported_with_its_stack(adapt: Adapt) -> None:
    logged = threading.Event()
    reports: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            reports.append(record.getMessage())
            logged.set()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        assert logged.wait(5)  # blocks the loop until the report is there
        await respond(send)

    listener = Listener(logging.CRITICAL)
    logging.getLogger("asgi_lambda").addHandler(listener)
    try:
        result = adapt(http_only(serve), lifespan="off")(http_event(), Context(milliseconds=200))
    finally:
        logging.getLogger("asgi_lambda").removeHandler(listener)
    # The application never let go before it was done, so its answer stands.
    assert result["body"] == "ok"
    (report,) = reports
    assert "MainThread" in report
    assert "in serve" in report


def test_a_request_has_its_own_timeout(adapt: Adapt) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await anyio.sleep_forever()

    handler = adapt(http_only(serve), timeout=0.08)
    assert handler(http_event(), Context())["statusCode"] == 504
    assert handler(http_event(), None)["statusCode"] == 504
