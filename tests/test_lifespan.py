"""When an application starts up and shuts down, and what counts as a failure of either."""

from __future__ import annotations

import itertools
import logging
import sys
import types
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import pytest

from asgi_lambda import LifespanFailed, LoopError, environment
from tests.applications import Context, Recorder, http_event, http_only, respond
from tests.backends import gather

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_lambda.asgi_types import Receive, Scope, Send
    from tests.backends import Adapt, Backend

OUTCOMES = ("complete", "failed", "raise")


@pytest.mark.parametrize(
    ("startup", "body", "shutdown"),
    list(itertools.product(OUTCOMES, ("fine", "raises"), OUTCOMES)),
    ids="-".join,
)
def test_startup_body_shutdown(
    backend: Backend,
    adapt: Adapt,
    startup: str,
    body: str,
    shutdown: str,
    log: pytest.LogCaptureFixture,
) -> None:
    app = Recorder(startup=startup, shutdown=shutdown)
    handler = adapt(app)

    async def main() -> None:
        async with handler.lifespan():
            if body == "raises":
                raise KeyError("body")

    expected: dict[str, type[BaseException]] = {"raises": KeyError, "fine": BaseException}
    if startup != "complete":
        with pytest.raises(LifespanFailed):
            backend.run(main)
        assert app.messages[0] == "lifespan.startup"
        assert "lifespan.shutdown" not in app.messages
        return
    if body == "raises":
        with pytest.raises(expected[body]):
            backend.run(main)
    else:
        backend.run(main)
    answer = [] if shutdown == "raise" else [f"lifespan.shutdown.{shutdown}"]
    assert app.messages == [
        "lifespan.startup",
        "lifespan.startup.complete",
        "lifespan.shutdown",
        *answer,
    ]
    assert ("The shutdown failed" in log.text) is (shutdown != "complete")


def test_startup_and_shutdown_are_safe_to_repeat(adapt: Adapt) -> None:
    app = Recorder()
    handler = adapt(app)
    handler.shutdown()
    for _ in range(2):
        handler.startup()
        handler.startup()
        assert handler(http_event(), Context())["body"] == "True"
        handler.shutdown()
        handler.shutdown()
    assert app.messages.count("lifespan.startup") == 2
    assert app.messages.count("lifespan.shutdown.complete") == 2


@pytest.mark.parametrize("error", [KeyError, TypeError, AssertionError, ValueError, OSError])
def test_an_exception_before_the_first_receive_means_no_lifespan(
    adapt: Adapt, error: type[Exception], log: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise error("not for me")
        await respond(send)

    handler = adapt(app)
    assert handler(http_event(), Context())["body"] == "ok"
    assert handler(http_event(), Context())["body"] == "ok"
    assert [record.levelno for record in log.records] == [logging.DEBUG]


def test_a_request_message_means_no_lifespan(adapt: Adapt, log: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await respond(send)

    assert adapt(app)(http_event(), Context())["body"] == "ok"
    assert [record.levelno for record in log.records] == [logging.WARNING]


@pytest.mark.parametrize("error", [KeyError, NotImplementedError])
def test_a_confused_application_has_none_and_is_warned_of(
    adapt: Adapt, error: type[Exception], log: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["type"] == "lifespan":
            raise error("path")
        await respond(send)

    assert adapt(app)(http_event(), Context())["body"] == "ok"
    (record,) = log.records
    assert record.levelno == logging.WARNING
    assert record.exc_info


def test_returning_means_no_lifespan(adapt: Adapt) -> None:
    app = Recorder(startup="return")
    assert adapt(app)(http_event(), Context())["body"] == "True"


def test_no_lifespan_is_fine_on_every_loop(backend: Backend, adapt: Adapt) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)

    handler = adapt(http_only(serve))
    handler.startup()

    async def main() -> Any:
        return (await handler.invoke(http_event(), Context()))["body"]

    assert backend.run(main) == "ok"
    assert handler(http_event(), Context())["body"] == "ok"


def test_on_takes_no_application_without(adapt: Adapt) -> None:
    handler = adapt(Recorder(startup="return"), lifespan="on")
    with pytest.raises(LifespanFailed, match="lifespan='on'"):
        handler(http_event(), Context())


def test_off_asks_nothing(adapt: Adapt) -> None:
    app = Recorder()
    handler = adapt(app, lifespan="off")
    handler.startup()
    assert handler(http_event(), Context())["body"] == "None"
    handler.shutdown()
    assert app.messages == []


def test_a_failure_carries_the_words_of_the_application(adapt: Adapt) -> None:
    with pytest.raises(LifespanFailed, match="startup said no"):
        adapt(Recorder(startup="failed")).startup()
    with pytest.raises(LifespanFailed, match="ConnectionError: startup is impossible") as raised:
        adapt(Recorder(startup="raise")).startup()
    assert isinstance(raised.value.__cause__, ConnectionError)


def test_a_failure_answers_its_event_and_the_next_one_tries_again(adapt: Adapt) -> None:
    app = Recorder(startup="failed")
    handler = adapt(app)
    for _ in range(2):
        with pytest.raises(LifespanFailed):
            handler(http_event(), Context())
    assert app.messages.count("lifespan.startup") == 2


def test_a_startup_within_an_invocation_ends_at_its_deadline(adapt: Adapt) -> None:
    attempts = 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal attempts
        if scope["type"] == "lifespan":
            attempts += 1
            await receive()
            await anyio.sleep_forever()

    handler = adapt(app)
    for _ in range(2):
        with pytest.raises(LifespanFailed, match="longer than the invocation may"):
            handler(http_event(), Context(milliseconds=80))
    assert attempts == 2


def test_those_who_wait_for_a_failed_startup_fail_too(backend: Backend, adapt: Adapt) -> None:
    handler = adapt(Recorder(startup="failed"))

    async def main() -> list[Any]:
        return await gather(*[lambda: handler.invoke(http_event(), Context())] * 3)

    assert {type(result) for result in backend.run(main)} == {LifespanFailed}


def test_a_lifespan_that_breaks_off_is_logged(adapt: Adapt, log: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            raise ConnectionError("lost")
        await respond(send)

    handler = adapt(app)
    assert handler(http_event(), Context())["body"] == "ok"
    assert "broke off" in log.text
    handler.shutdown()


def test_whoever_receives_after_the_shutdown_waits_for_good(adapt: Adapt) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            phase = (await receive())["type"]
            await send({"type": f"{phase}.complete"})

    handler = adapt(app)
    handler.startup()
    handler.shutdown()


def test_the_shutdown_belongs_to_the_loop_of_the_startup(backend: Backend, adapt: Adapt) -> None:
    handler = adapt(Recorder())

    async def main() -> None:
        async with handler.lifespan():
            await anyio.to_thread.run_sync(shut_down)

    def shut_down() -> None:
        with pytest.raises(LoopError, match="on which the application was started"):
            handler.shutdown()

    backend.run(main)


class TestWhen:
    """startup="auto": at adapt on Lambda, else at the first invocation."""

    def test_off_lambda_importing_starts_nothing(self, adapt: Adapt) -> None:
        app = Recorder()
        handler = adapt(app)
        assert app.messages == []
        handler(http_event(), Context())
        assert app.messages == ["lifespan.startup", "lifespan.startup.complete"]

    @pytest.mark.usefixtures("on_lambda")
    def test_on_lambda_it_is_part_of_the_initialisation(self, adapt: Adapt) -> None:
        app = Recorder()
        adapt(app)
        assert app.messages == ["lifespan.startup", "lifespan.startup.complete"]

    @pytest.mark.usefixtures("on_lambda")
    def test_on_lambda_its_failure_comes_out_of_adapt(self, adapt: Adapt) -> None:
        with pytest.raises(LifespanFailed):
            adapt(Recorder(startup="failed"))

    @pytest.mark.usefixtures("on_lambda")
    def test_invoke_waits_for_the_first_event_on_lambda_too(self, adapt: Adapt) -> None:
        app = Recorder()
        adapt(app, startup="invoke")
        assert app.messages == []

    def test_import_does_not_wait_anywhere(self, adapt: Adapt) -> None:
        app = Recorder()
        adapt(app, startup="import")
        assert app.messages == ["lifespan.startup", "lifespan.startup.complete"]

    @pytest.mark.usefixtures("on_lambda")
    def test_not_where_a_loop_runs(self, backend: Backend, adapt: Adapt) -> None:
        app = Recorder()

        async def main() -> None:
            adapt(app)

        backend.run(main)
        assert app.messages == []

    @pytest.mark.usefixtures("on_lambda")
    def test_not_in_another_thread(self, backend: Backend, adapt: Adapt) -> None:
        app = Recorder()

        async def main() -> None:
            await anyio.to_thread.run_sync(adapt, app)

        backend.run(main)
        assert app.messages == []


@pytest.mark.usefixtures("on_lambda")
class TestSnapStart:
    @pytest.fixture(autouse=True)
    def _snapshot(self, on_lambda: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")

    @pytest.fixture
    def hooks(self, monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
        hooks: list[Callable[[], object]] = []
        module = types.ModuleType("snapshot_restore_py")
        module.register_after_restore = hooks.append  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "snapshot_restore_py", module)
        return hooks

    def test_startup_comes_after_the_restore(
        self, adapt: Adapt, hooks: list[Callable[[], object]]
    ) -> None:
        app = Recorder()
        adapt(app)
        assert app.messages == []
        for hook in hooks:
            hook()
        assert app.messages == ["lifespan.startup", "lifespan.startup.complete"]

    def test_without_the_hooks_at_the_first_invocation(
        self, adapt: Adapt, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "snapshot_restore_py", None)
        app = Recorder()
        handler = adapt(app)
        assert app.messages == []
        assert handler(http_event(), Context())["body"] == "True"

    def test_import_is_the_opt_in(self, adapt: Adapt, hooks: list[Callable[[], object]]) -> None:
        app = Recorder()
        adapt(app, startup="import")
        assert app.messages == ["lifespan.startup", "lifespan.startup.complete"]
        assert hooks == []

    def test_invoke_is_left_alone(self, adapt: Adapt, hooks: list[Callable[[], object]]) -> None:
        adapt(Recorder(), startup="invoke")
        assert hooks == []
        assert environment.takes_snapshot()
