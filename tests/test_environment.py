"""Where the process runs, its internal extension, and its end after an answer."""

from __future__ import annotations

import logging
import os
import sys
import threading
import types
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from asgi_lambda import adapt, environment
from tests.applications import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator


class ExtensionsAPI(ThreadingHTTPServer):
    """The two calls of Lambda's Extensions API that an internal extension makes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.status = 200
        self.calls: list[tuple[str, str | None]] = []
        self.body = b""
        self.polled = threading.Event()
        self.over = threading.Event()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Call(BaseHTTPRequestHandler):
    server: ExtensionsAPI

    def do_POST(self) -> None:
        self.server.calls.append((self.path, self.headers["Lambda-Extension-Name"]))
        self.server.body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.server.status)
        self.send_header("Lambda-Extension-Identifier", "an-identifier")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.server.calls.append((self.path, self.headers["Lambda-Extension-Identifier"]))
        self.server.polled.set()
        self.server.over.wait()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: standard error is no place for it."""


@pytest.fixture
def extensions_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExtensionsAPI]:
    server = ExtensionsAPI()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", server.address)
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.usefixtures("on_lambda")
class TestExtension:
    def test_it_registers_without_events_and_asks_for_the_next(
        self, extensions_api: ExtensionsAPI
    ) -> None:
        adapt(Recorder(), graceful_shutdown=True)
        assert extensions_api.polled.wait(5)
        assert extensions_api.calls == [
            ("/2020-01-01/extension/register", "asgi-lambda"),
            ("/2020-01-01/extension/event/next", "an-identifier"),
        ]
        assert extensions_api.body == b'{"events": []}'

    def test_a_refusal_is_logged_and_all_else_goes_on(
        self, extensions_api: ExtensionsAPI, log: pytest.LogCaptureFixture
    ) -> None:
        extensions_api.status = 403
        app = Recorder()
        adapt(app, graceful_shutdown=True)
        assert "was refused, with status 403" in log.text
        assert app.messages == ["lifespan.startup", "lifespan.startup.complete"]

    def test_a_lost_connection_is_logged(
        self, monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")
        adapt(Recorder(), graceful_shutdown=True)
        assert "could not register" in log.text

    def test_without_an_api_nothing_is_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_LAMBDA_RUNTIME_API", raising=False)
        before = threading.active_count()
        adapt(Recorder(), graceful_shutdown=True)
        assert threading.active_count() == before

    def test_under_our_own_runtime_there_is_one_already(
        self, extensions_api: ExtensionsAPI, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(environment, "after_answer", lambda end: None)
        adapt(Recorder(), graceful_shutdown=True)
        assert extensions_api.calls == []

    def test_by_default_none_registers(self, extensions_api: ExtensionsAPI) -> None:
        adapt(Recorder())
        assert extensions_api.calls == []


class TestEndAfterAnswer:
    @pytest.fixture
    def client(self, monkeypatch: pytest.MonkeyPatch) -> type:
        """AWS's client, as far as it matters here: a class with the method that waits."""

        class BaseLambdaRuntimeClient:
            def wait_next_invocation(self) -> str:
                return "an event"

        module = types.ModuleType("awslambdaric.lambda_runtime_client")
        module.BaseLambdaRuntimeClient = BaseLambdaRuntimeClient  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "awslambdaric.lambda_runtime_client", module)
        return BaseLambdaRuntimeClient

    def test_the_end_comes_in_place_of_the_next_event(self, client: type) -> None:
        ends: list[str] = []
        assert environment.end_after_answer(lambda: ends.append("now"))
        assert ends == []
        assert client().wait_next_invocation() == "an event"
        assert ends == ["now"]
        assert client().wait_next_invocation() == "an event"
        assert ends == ["now"]

    def test_our_own_runtime_is_asked_for_it(
        self, client: type, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ends: list[object] = []
        monkeypatch.setattr(environment, "after_answer", ends.append)
        assert environment.end_after_answer(client)
        assert ends == [client]
        assert client().wait_next_invocation() == "an event"

    @pytest.mark.usefixtures("on_lambda")
    def test_under_another_client_nothing_is_promised(
        self, monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.delitem(sys.modules, "awslambdaric.lambda_runtime_client", raising=False)
        assert not environment.end_after_answer(lambda: None)
        environment.replace_environment("a reason")
        assert log.text == ""

    @pytest.mark.usefixtures("on_lambda")
    def test_an_environment_to_be_replaced_ends_with_status_1(
        self, client: type, monkeypatch: pytest.MonkeyPatch, log: pytest.LogCaptureFixture
    ) -> None:
        statuses: list[int] = []
        monkeypatch.setattr(os, "_exit", statuses.append)
        monkeypatch.setattr(logging, "shutdown", lambda: None)
        environment.replace_environment("a reason")
        assert "This environment ends after its answer: a reason" in log.text
        client().wait_next_invocation()
        assert statuses == [1]

    def test_off_lambda_nothing_ends(self, client: type) -> None:
        before = client.__dict__["wait_next_invocation"]
        environment.replace_environment("a reason")
        assert client.__dict__["wait_next_invocation"] is before
