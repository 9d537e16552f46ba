"""Whole invocations: what an application is given, and what its answer becomes."""

from __future__ import annotations

import base64
import json
import logging
from typing import TYPE_CHECKING, Any, ClassVar

import anyio
import pytest

from asgi_lambda import ResponseFailed, UnsupportedEvent, response
from tests.applications import Context, Recorder, alb_event, http_event, http_only, respond
from tests.backends import current_loop, raise_cancellation

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Receive, Scope, Send
    from tests.backends import Adapt, Backend

PLAIN = {"content-type": "text/plain; charset=utf-8"}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    message = await receive()
    await respond(send, message["body"], headers=[(b"content-type", b"application/octet-stream")])


def test_the_response_has_the_keys_of_its_front_door(adapt: Adapt) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/plain"), (b"set-cookie", b"a=1")]
        await respond(send, b"hello", status=201, headers=headers)

    assert adapt(http_only(serve))(http_event(), Context()) == {
        "statusCode": 201,
        "headers": {"content-type": "text/plain"},
        "cookies": ["a=1"],
        "body": "hello",
        "isBase64Encoded": False,
    }


def test_the_scope_holds_event_context_state_and_versions(adapt: Adapt) -> None:
    scopes: list[Scope] = []

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await respond(send)

    event, context = http_event(path="/items"), Context()
    adapt(http_only(serve))(event, context)
    scope = scopes[0]
    assert scope["aws.event"] is event
    assert scope["aws.context"] is context
    assert scope["asgi"] == {"version": "3.0", "spec_version": "2.5"}
    assert (scope["state"], scope["extensions"]) == ({}, {})
    assert (scope["type"], scope["path"], scope["client"]) == ("http", "/items", ("192.0.2.1", 0))


def test_the_event_is_never_written_to(adapt: Adapt) -> None:
    event = http_event(body="aGk=", is_base64=True, headers={"cookie": "a=1"})
    before = json.dumps(event)
    adapt(http_only(echo), root_path="/api", strip_root_path=True)(event, Context())
    assert json.dumps(event) == before


def test_bodies_are_decoded_and_encoded(adapt: Adapt) -> None:
    data = bytes(range(256))
    event = http_event(body=base64.b64encode(data).decode(), is_base64=True)
    result = adapt(http_only(echo))(event, Context())
    assert result["isBase64Encoded"]
    assert base64.b64decode(result["body"]) == data


@pytest.mark.parametrize("body", ["###", "QQ", "QQ==QQ==", "Q===", "\ud800"])
def test_a_body_that_is_no_base64_is_a_bad_request(adapt: Adapt, body: str) -> None:
    result = adapt(http_only(echo))(http_event(body=body, is_base64=True), Context())
    assert (result["statusCode"], result["body"]) == (400, "Bad Request")


def test_half_of_a_surrogate_pair_is_a_bad_request(adapt: Adapt) -> None:
    result = adapt(http_only(echo))(http_event(body="\ud800"), Context())
    assert (result["statusCode"], result["headers"]) == (400, PLAIN)


def test_a_double_callable_is_called_twice(adapt: Adapt) -> None:
    scopes: list[Scope] = []

    def app(scope: Scope) -> Any:
        scopes.append(scope)

        async def instance(receive: Receive, send: Send) -> None:
            await respond(send, scope["asgi"]["version"].encode())

        return instance

    handler = adapt(app, lifespan="off")
    assert handler(http_event(), Context())["body"] == "2.0"
    assert handler.app is app


def test_root_path_and_its_removal(adapt: Adapt) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        place = [scope["path"], scope["root_path"], scope["raw_path"].decode()]
        await respond(send, json.dumps(place).encode())

    app, event = http_only(serve), http_event(path="/api/x")
    places = {
        "neither": adapt(app)(event)["body"],
        "kept": adapt(app, root_path="/api")(event)["body"],
        "added": adapt(app, root_path="/v1")(event)["body"],
        "removed": adapt(app, root_path="/api", strip_root_path=True)(event)["body"],
    }
    assert {name: json.loads(place) for name, place in places.items()} == {
        "neither": ["/api/x", "", "/api/x"],
        "kept": ["/api/x", "/api", "/api/x"],
        "added": ["/v1/api/x", "/v1", "/v1/api/x"],
        "removed": ["/x", "", "/x"],
    }


def test_excluded_headers_never_leave(adapt: Adapt) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, headers=[(b"Server", b"x"), (b"x-kept", b"y")])

    result = adapt(http_only(serve), exclude_headers=["server"])(http_event())
    assert result["headers"] == {"x-kept": "y"}


@pytest.mark.parametrize(("types", "is_base64"), [((), True), (["application/wat"], False)])
def test_further_media_types_are_text(adapt: Adapt, types: list[str], is_base64: bool) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, headers=[(b"content-type", b"application/wat")])

    assert adapt(http_only(serve), text_types=types)(http_event())["isBase64Encoded"] is is_base64


def test_base64_behind_a_rest_api_is_warned_of_once(
    adapt: Adapt, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response, "_warned", set())

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"\xff", headers=[])

    handler = adapt(http_only(serve))
    event = {"resource": "/", "path": "/", "httpMethod": "GET", "requestContext": {"stage": "x"}}
    assert handler(event)["isBase64Encoded"]
    assert handler(event)["isBase64Encoded"]
    warnings = [r.getMessage() for r in log.records if r.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "binaryMediaTypes: ['*/*']" in warnings[0]


def test_a_response_over_the_limit_is_an_error_with_its_remedy(
    adapt: Adapt,
    log: pytest.LogCaptureFixture,
) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, b"x" * (1024 * 1024))

    handler = adapt(http_only(serve))
    assert handler(alb_event(), Context())["statusCode"] == 500
    assert "1048576 bytes of JSON" in log.text
    assert "presigned URL" in log.text
    assert handler(http_event(), Context())["statusCode"] == 200


def test_the_answer_to_head_has_no_body(adapt: Adapt) -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/raises":
            raise RuntimeError
        await respond(send)

    handler = adapt(http_only(serve))
    assert handler(http_event(method="HEAD"))["body"] == ""
    failed = handler(http_event(method="HEAD", path="/raises"))
    assert (failed["statusCode"], failed["body"]) == (500, "")


def test_the_access_log_has_one_line_a_request_and_no_query(
    adapt: Adapt, log: pytest.LogCaptureFixture
) -> None:
    event = http_event(path="/items")
    event["rawQueryString"] = "token=secret"
    adapt(http_only(echo), access_log=True)(event, Context())
    lines = [r.getMessage() for r in log.records if r.levelno == logging.INFO]
    assert len(lines) == 1
    assert "GET /items with 200, 0 bytes" in lines[0]
    assert "secret" not in lines[0]


class TestFailOn:
    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/raises":
            raise ConnectionError("the database is down")
        await respond(send, status=503)

    def test_the_status_fails_the_invocation(self, adapt: Adapt) -> None:
        with pytest.raises(ResponseFailed, match=r"503 for '/x'"):
            adapt(http_only(self.serve), fail_on=[range(500, 600)])(http_event(path="/x"))

    def test_the_error_of_the_application_comes_out(self, adapt: Adapt) -> None:
        with pytest.raises(ConnectionError, match="the database is down"):
            adapt(http_only(self.serve), fail_on=[500])(http_event(path="/raises"))

    def test_other_statuses_leave(self, adapt: Adapt) -> None:
        handler = adapt(http_only(self.serve), fail_on=[500])
        assert handler(http_event())["statusCode"] == 503


class TestOtherEvents:
    event: ClassVar = {"Records": [{"eventSource": "aws:sqs", "body": "secret"}]}

    def test_without_a_function_they_are_refused(self, adapt: Adapt) -> None:
        with pytest.raises(UnsupportedEvent, match=r"\['Records'\], as from SQS; pass on_event"):
            adapt(http_only(echo))(self.event, Context())

    def test_a_plain_function_runs_after_the_startup_and_off_the_loop(
        self, backend: Backend, adapt: Adapt
    ) -> None:
        app = Recorder()

        def on_event(event: Any, context: Any) -> Any:
            async def work() -> str:
                return f"{handler.state['started']} {event['Records'][0]['eventSource']}"

            return backend.run(work)

        handler = adapt(app, on_event=on_event)
        assert handler(self.event, Context()) == "True aws:sqs"

    def test_an_async_function_runs_on_the_loop_of_the_lifespan(self, adapt: Adapt) -> None:
        app = Recorder()

        async def on_event(event: Any, context: Any) -> Any:
            return current_loop() is app.loops[0]

        assert adapt(app, on_event=on_event)(self.event, Context()) is True

    def test_its_exception_fails_the_invocation(self, adapt: Adapt) -> None:
        async def on_event(event: Any, context: Any) -> Any:
            raise ConnectionError("try again")

        with pytest.raises(ConnectionError, match="try again"):
            adapt(http_only(echo), on_event=on_event)(self.event, Context())

    def test_at_the_deadline_it_fails_with_where_it_hung(self, adapt: Adapt) -> None:
        async def on_event(event: Any, context: Any) -> Any:
            await anyio.sleep_forever()

        handler = adapt(http_only(echo), on_event=on_event)
        with pytest.raises(TimeoutError, match="in on_event"):
            handler(self.event, Context(milliseconds=100))

    def test_cancelling_itself_fails_the_invocation(self, adapt: Adapt) -> None:
        async def on_event(event: Any, context: Any) -> Any:
            await raise_cancellation()

        with pytest.raises(RuntimeError, match="on_event cancelled itself"):
            adapt(http_only(echo), on_event=on_event)(self.event, Context())

    def test_it_is_awaited_by_invoke_too(self, backend: Backend, adapt: Adapt) -> None:
        async def on_event(event: Any, context: Any) -> Any:
            return "done"

        async def main() -> Any:
            return await adapt(http_only(echo), on_event=on_event).invoke(self.event, Context())

        assert backend.run(main) == "done"
