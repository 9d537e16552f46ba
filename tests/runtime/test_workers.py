"""Several processes that share the invocations."""

from __future__ import annotations

import asyncio
import os
import queue
import signal
import socket
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from asgi_lambda.errors import ConfigurationError
from asgi_lambda.runtime.settings import Settings
from asgi_lambda.runtime.workers import Team, Worker
from tests.emulator.program import PATIENCE
from tests.runtime.clients import start
from tests.runtime.double import EVENT_NEXT, INIT_ERROR, NEXT, REGISTER
from tests.runtime.events import request

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runtime.clients import Client

TWO = {"ASGI_LAMBDA_WORKERS": "2", "AWS_LAMBDA_MAX_CONCURRENCY": "4"}


def workers(client: Client) -> set[int]:
    """The processes in which an application was started, once all of them ask for invocations."""
    client.api.wait_for(NEXT, 4)
    found = {note.pid for note in client.notes if note.what == "startup"}
    assert len(found) == 2
    assert client.process.pid not in found
    return found


def test_they_share_the_invocations() -> None:
    variables = {**TWO, "AWS_LAMBDA_MAX_CONCURRENCY": "5"}
    with start("web.handler", **variables) as client:
        for number in range(5):
            client.api.give(request("/hang/first"), str(number))
        client.wait_for_note("begins /hang/first", times=5)
        begun = Counter(note.pid for note in client.notes if note.what == "begins /hang/first")

    assert sorted(begun.values()) == [2, 3]
    assert [client.api.answer(str(number)).content["statusCode"] for number in range(5)] == (
        [500] * 5
    )


def test_only_the_first_process_registers_and_before_any_invocation() -> None:
    with start("web.handler", **TWO) as client:
        workers(client)
        whats = client.api.whats()

    assert whats.count(REGISTER) == whats.count(EVENT_NEXT) == 1
    assert whats.index(REGISTER) < whats.index(NEXT)


@pytest.mark.parametrize("handler", ["web.handler", "web.decorated", "trio_web.handler"])
def test_the_signal_ends_all_of_them(handler: str) -> None:
    with start(handler, **TWO) as client:
        workers(client)
        client.api.give(request("/answer/x"))
        client.api.answer()
        client.process.send_signal(signal.SIGTERM)

        assert client.wait_for_end() == 0
    noted = client.noted
    assert noted.count("startup") == noted.count("shutdown") > 1
    assert "A worker process ended" not in client.log


def test_what_is_under_way_is_answered_first() -> None:
    with start("web.handler", **TWO) as client:
        for number in range(4):
            client.api.give(request("/chunks/1/0.1"), str(number))
        client.wait_for_note("begins /chunks/1/0.1", times=4)
        client.process.send_signal(signal.SIGTERM)

        assert client.wait_for_end() == 0
    assert all(client.api.answer(str(number)).content["body"] == "chunk 0" for number in range(4))
    assert client.api.whats().count(NEXT) == 4


@pytest.mark.parametrize(
    ("handler", "kind"),
    [("raises_at_import.handler", "ConnectionError"), ("startup_fails.handler", "LifespanFailed")],
)
def test_a_failure_of_all_is_told_once(handler: str, kind: str) -> None:
    with start(handler, **TWO) as client:
        assert client.wait_for_end() == 1

    assert client.api.whats().count(INIT_ERROR) == 1
    assert client.api.wait_for(INIT_ERROR).content["errorType"] == kind
    assert client.log.count(f"[ERROR] {kind}") == 1
    assert NEXT not in client.api.whats()


def test_a_failure_of_one_ends_the_others_whatever_they_do(tmp_path: Path) -> None:
    with start("stubborn.handler", FOLDER=str(tmp_path), **TWO) as client:
        assert client.wait_for_end() == 1

    assert client.api.wait_for(INIT_ERROR).content["errorMessage"] == "x" * 100_000
    assert NEXT not in client.api.whats()


def test_an_exit_within_the_import_is_theirs() -> None:
    with start("exits_at_import.handler", **TWO) as client:
        status = client.wait_for_end()
    with start("exits_at_import.handler") as alone:
        assert alone.wait_for_end() == status

    assert status > 1
    assert INIT_ERROR not in client.api.whats()
    assert f"A worker process ended with status {status}" in client.log


def test_one_that_is_killed_ends_all() -> None:
    with start("web.handler", **TWO) as client:
        killed, other = workers(client)
        os.kill(killed, signal.SIGKILL)

        assert client.wait_for_end() == 128 + signal.SIGKILL
    assert [note.what for note in client.notes if note.pid == other].count("shutdown") == 3
    assert f"A worker process ended with status {128 + signal.SIGKILL}" in client.log


def test_one_that_a_function_ends_ends_all() -> None:
    with start("functions.exits", **TWO) as client:
        client.api.give("7")

        assert client.wait_for_end() == 7


def test_the_loss_of_the_runtime_api_ends_all() -> None:
    with start("web.handler", **TWO) as client:
        workers(client)
        client.api.close()

        assert client.wait_for_end() == 1


def test_without_a_runtime_api_all_end() -> None:
    with start("web.handler", AWS_LAMBDA_RUNTIME_API="127.0.0.1:1", **TWO) as client:
        assert client.wait_for_end() == 1
        assert "no server at 127.0.0.1:1" in client.log


@pytest.mark.parametrize("path", [None, "/hang/first", "/block"])
def test_none_outlives_the_first_process(path: str | None) -> None:
    with start("web.handler", **TWO) as client:
        workers(client)
        if path:
            client.api.give(request(path))
            client.wait_for_note(f"begins {path}")
        client.process.kill()
        began = time.monotonic()

        # It waits for the pipe that all of them have open.
        assert client.wait_for_end() == -signal.SIGKILL
        assert time.monotonic() - began < 15
    assert "the leading process is gone" in client.log


def test_each_logs_where_the_first_does(tmp_path: Path) -> None:
    file = tmp_path / "log"
    with start("web.handler", log=str(file), **TWO) as client:
        for number in range(4):
            client.api.give(request("/ids"), str(number))
        for number in range(4):
            client.api.answer(str(number))

    for number in range(4):
        assert f"\t{number}\tlogged" in file.read_text(errors="replace")


def test_their_output_goes_where_lambda_wants_it(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    received: list[bytes] = []

    def receive(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as source:
            received.append(source.read())

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        variables = {"_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET": str(path), **TWO}
        with start("web.handler", **variables) as client:
            readers = []
            for _ in range(4):  # two processes, with two streams each
                reader = threading.Thread(target=receive, args=[listener.accept()[0]])
                reader.start()
                readers.append(reader)
            client.api.wait_for(NEXT, 4)
            client.process.send_signal(signal.SIGTERM)
            assert client.wait_for_end() == 0
            for reader in readers:
                reader.join(PATIENCE)

    assert client.noted == []
    assert sorted(b"shutdown" in each for each in received) == [False, False, True, True]


@pytest.mark.parametrize(
    "variables",
    [
        {"ASGI_LAMBDA_WORKERS": "2"},
        {"ASGI_LAMBDA_WORKERS": "1", "AWS_LAMBDA_MAX_CONCURRENCY": "4"},
        {**TWO, "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"},
    ],
    ids=["one-at-a-time", "one-worker", "snapshot"],
)
def test_where_there_is_one_process(variables: dict[str, str]) -> None:
    with start("web.handler", **variables) as client:
        client.api.restored.set()
        client.api.give(request("/ids"))

        assert str(client.process.pid) in client.api.answer().content["body"]


@pytest.mark.parametrize("workers", ["0", "two", "5"])
def test_a_wrong_number_is_reported(workers: str) -> None:
    with start("web.handler", **{**TWO, "ASGI_LAMBDA_WORKERS": workers}) as client:
        error = client.api.wait_for(INIT_ERROR).content

        assert client.wait_for_end() == 1
    assert error["errorType"] == "ConfigurationError"
    assert error["errorMessage"].startswith("ASGI_LAMBDA_WORKERS: expected ")


@pytest.mark.parametrize(
    ("workers", "concurrency", "shares"),
    [("1", "4", [4]), ("2", "4", [2, 2]), ("3", "8", [3, 3, 2]), ("4", "4", [1, 1, 1, 1])],
)
def test_shares(
    workers: str, concurrency: str, shares: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASGI_LAMBDA_WORKERS", workers)
    monkeypatch.setenv("AWS_LAMBDA_MAX_CONCURRENCY", concurrency)

    assert Settings().shares == shares


def test_there_are_not_more_workers_than_invocations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASGI_LAMBDA_WORKERS", "5")
    monkeypatch.setenv("AWS_LAMBDA_MAX_CONCURRENCY", "4")

    with pytest.raises(ConfigurationError, match="expected at most 4"):
        Settings()


@pytest.fixture
def pair() -> Any:
    """A worker's socket, and that of its leader."""
    worker, leader = socket.socketpair()
    leader.setblocking(False)
    with worker, leader:
        yield worker, leader


@pytest.mark.parametrize("says", [False, True])
def test_leader_that_is_gone_without_having_listened(
    says: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses: queue.SimpleQueue[int] = queue.SimpleQueue()
    monkeypatch.setattr(os, "_exit", statuses.put)
    leader, end = socket.socketpair()
    # What is left unread at one end is an error at the other.
    end.sendall(b"null\n")
    leader.close()
    worker = Worker(1, end)
    assert statuses.get(timeout=PATIENCE) == 1
    if says:
        worker._go.set()
        worker.ready()
    end.close()


def test_one_that_ends_before_it_has_said_anything(pair: Any) -> None:
    worker, leader = pair
    worker.close()
    team = Team({1: leader})

    asyncio.run(team._hear(1))
    team._go(1)

    assert team.failure is None


def test_the_first_failure_counts(pair: Any) -> None:
    worker, leader = pair
    team = Team({1: leader})

    async def main() -> None:
        for message in (b'{"errorType": "first"}\n', b'{"errorType": "second"}\n'):
            worker.sendall(message)
            await team._hear(1)
        team._stop()

    asyncio.run(main())

    assert team.failure == {"errorType": "first"}
    assert team.status == 1
