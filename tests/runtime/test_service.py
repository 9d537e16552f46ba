"""What the runs of whole processes do not reach."""

from __future__ import annotations

import asyncio
import gc
import io
import logging
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from asgi_lambda import adapt
from asgi_lambda.loops import asyncio as asyncio_loops
from asgi_lambda.runtime.api import Invocation, RuntimeAPI
from asgi_lambda.runtime.buffered import BufferedDelivery
from asgi_lambda.runtime.context import LambdaContext
from asgi_lambda.runtime.errors import Failure
from asgi_lambda.runtime.logs import Log
from asgi_lambda.runtime.poller import Poller
from asgi_lambda.runtime.results import Results
from asgi_lambda.runtime.service import Service, run_on
from asgi_lambda.runtime.settings import Settings
from asgi_lambda.runtime.streamed import StreamedDelivery
from asgi_lambda.runtime.target import load
from asgi_lambda.sources import detect
from tests.applications import http_only, respond
from tests.backends import until
from tests.runtime.double import NEXT, Behaviour, Double
from tests.runtime.events import request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asgi_lambda.asgi_types import Receive, Scope, Send


@pytest.fixture
def api() -> Iterator[Double]:
    with Double() as api:
        yield api


@pytest.fixture
def service(api: Double) -> Service:
    kept = asyncio_loops.kept()
    return Service(lambda event, context: event, kept, api.address, Settings(), Log())


def test_a_cancellation_by_somebody_else_goes_through(service: Service, api: Double) -> None:
    poller = service._pollers[0]
    entered, leave = threading.Event(), threading.Event()

    def call() -> Any:
        entered.set()
        leave.wait(5)
        return None, None, None

    async def main() -> None:
        for coroutine, begun in (
            (service._next(poller), lambda: NEXT in api.whats()),
            (service.threads.run(call), entered.is_set),
        ):
            task = asyncio.ensure_future(coroutine)
            await until(begun)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        leave.set()

    run_on(asyncio_loops.kept(), main())
    assert entered.is_set()
    assert api.whats() == [NEXT]
    assert service.threads._pool is not None
    service.threads._pool.shutdown()


def test_no_invocation_is_kept_while_the_next_one_is_waited_for(api: Double) -> None:
    bodies: list[bytes] = []

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        # What it says is in the event, and may be large.
        bodies.extend(each.body for each in gc.get_objects() if type(each) is Invocation)
        await respond(send)

    handler = adapt(http_only(serve))
    kept = asyncio_loops.kept()
    service = Service(handler, kept, api.address, Settings(), Log())

    async def main() -> None:
        gc.collect()
        serving = asyncio.ensure_future(service._serve_many())
        api.give(request("/"))
        await until(lambda: api.whats().count(NEXT) == 2)
        await until(lambda: bool(service._waiting))
        assert not [each for each in gc.get_objects() if type(each) is Invocation]
        service.stop()
        await serving

    run_on(kept, main())
    assert bodies == [b""]


@pytest.mark.parametrize("streams", [False, True])
def test_so_it_does_while_an_application_runs(api: Double, streams: bool) -> None:
    waits = asyncio.Event()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        waits.set()
        await asyncio.Event().wait()

    handler = adapt(http_only(serve), deadline_margin=None)
    event = request("/")
    source = detect(event)
    assert source is not None
    call = handler._open(source, event, None)
    delivery = (
        StreamedDelivery(handler, source, call, None)
        if streams
        else BufferedDelivery(handler, source, call)
    )

    async def main() -> None:
        runtime_api = RuntimeAPI(api.address)
        api.give(event)
        invocation = await runtime_api.next()
        running = delivery.run(asyncio_loops.kept(), runtime_api, invocation)
        task = asyncio.ensure_future(running)
        await waits.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        runtime_api.close()
        runtime_api.close()
        await runtime_api.drain()

    run_on(asyncio_loops.kept(), main())


def test_what_has_ended_is_not_given_up_while_its_result_is_taken(api: Double) -> None:
    handler = adapt(http_only(lambda scope, receive, send: respond(send)))
    event = request("/")
    source = detect(event)
    assert source is not None
    go_on = threading.Event()
    api.behaviours["response"].append(Behaviour(go_on=go_on))

    async def main() -> None:
        runtime_api = RuntimeAPI(api.address)
        api.give(event)
        invocation = await runtime_api.next()
        delivery = BufferedDelivery(handler, source, handler._open(source, event, None))
        task = asyncio.ensure_future(delivery.run(asyncio_loops.kept(), runtime_api, invocation))
        await until(lambda: delivery._reply is not None and delivery._task is None)
        delivery.give_up("the end of the environment")
        go_on.set()
        reply = await task
        assert reply is not None
        assert (await reply).status == 202
        runtime_api.close()

    run_on(asyncio_loops.kept(), main())


def test_a_stream_without_a_deadline_and_a_line_in_the_log(api: Double) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)

    handler = adapt(http_only(serve), deadline_margin=None)
    event = request("/")
    source = detect(event)
    assert source is not None

    async def main() -> None:
        runtime_api = RuntimeAPI(api.address)
        api.give(event)
        invocation = await runtime_api.next()
        call = handler._open(source, event, None)
        delivery = StreamedDelivery(handler, source, call, None)
        reply = await delivery.run(asyncio_loops.kept(), runtime_api, invocation)
        assert reply is not None
        assert (await reply).status == 202
        runtime_api.close()

    run_on(asyncio_loops.kept(), main())
    assert api.answer().body.endswith(b"ok")


@pytest.mark.parametrize("goes_on", [False, True])
def test_the_question_for_the_next_follows_the_end_of_the_work(api: Double, goes_on: bool) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send)
        if goes_on:  # until its response is there
            await until(lambda: bool(responses()))
            assert api.whats().count(NEXT) == 1

    def responses() -> list[str]:
        return [each.what for each in api.requests if each.end == "response" and each.whole_at]

    handler = adapt(http_only(serve))
    event = request("/")
    source = detect(event)
    assert source is not None

    async def main() -> None:
        results = Results(api.address)
        runtime_api = RuntimeAPI(api.address, results=results)
        api.give(event)
        invocation = await runtime_api.next()
        delivery = BufferedDelivery(handler, source, handler._open(source, event, None))
        reply = await delivery.run(asyncio_loops.kept(), runtime_api, invocation)
        assert reply is not None
        assert (await reply).status == 202
        await until(lambda: api.whats().count(NEXT) == 2)
        runtime_api.close()
        await results.close()

    run_on(asyncio_loops.kept(), main())
    assert len(responses()) == 1


def test_two_calls_share_the_connection_that_is_being_replaced(api: Double) -> None:
    async def main() -> int:
        runtime_api = RuntimeAPI(api.address)
        await runtime_api.call("POST", "/first")
        connection = runtime_api._connection
        api.drop_connections()
        while connection is not None and connection.lost is None:  # noqa: ASYNC110 - of a thread
            await asyncio.sleep(0)
        replies = [runtime_api.call("POST", f"/{number}") for number in range(2)]
        statuses = [reply.status for reply in await asyncio.gather(*replies)]
        runtime_api.close()
        assert statuses == [202, 202]
        return len(api.connections)

    assert run_on(asyncio_loops.kept(), main()) == 2


def test_in_stream_mode_what_only_looks_like_a_request_gets_json(api: Double) -> None:
    async def main() -> None:
        poller = Poller(RuntimeAPI(api.address), Log(), streams=True, patient=False)
        api.give({})
        invocation = await poller.next()
        await poller.succeed(invocation, {"requestContext": {}}, {"statusCode": 200})
        poller.api.close()

    run_on(asyncio_loops.kept(), main())
    assert api.answer().content == {"statusCode": 200}


def test_the_log_of_a_context_without_our_handler(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.NullHandler()])

    LambdaContext({}).log("text")

    assert output.getvalue() == "text"


def test_a_client_context_without_a_client() -> None:
    context = LambdaContext({"lambda-runtime-client-context": '{"custom": {"a": 1}}'})

    assert context.client_context is not None
    assert (context.client_context.custom, context.client_context.client) == ({"a": 1}, None)


def test_an_error_that_cannot_be_shown_is_reported_all_the_same() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise ValueError("no text")

    assert Failure(Broken()).result["errorMessage"] == "<Broken that cannot be shown>"


def test_a_limit_that_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASGI_LAMBDA_STREAM_IDLE_TIMEOUT", "soon")
    with pytest.raises(ValueError, match="expected a number of seconds greater than 0, got 'soon'"):
        Settings()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("callables.application", "Handler"),
        ("callables.double", "Handler"),
        ("callables:application", "Handler"),
        ("callables.handler", "Handler"),
        ("callables.function", "function"),
        ("callables.anything", "function"),
        ("callables.of_c", "builtin_function_or_method"),
        ("callables.number", "int"),
    ],
)
def test_what_a_target_is_taken_for(name: str, kind: str) -> None:
    assert type(load(f"tests.runtime.apps.{name}")).__name__ == kind
