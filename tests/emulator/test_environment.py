"""SnapStart and internal extensions, with AWS's runtime client."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.emulator.events import request
from tests.emulator.program import Program, clean_environment, runtime_command
from tests.emulator.runtime_api import (
    NEXT,
    RESTORE,
    RESTORE_ERROR,
    RuntimeAPI,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.emulator.conftest import Emulate


@contextmanager
def snapshot(application: str) -> Iterator[tuple[RuntimeAPI, Program]]:
    """The runtime client as SnapStart initialises it, up to its snapshot."""
    handler = f"tests.emulator.apps.{application}.handler"
    with RuntimeAPI() as api:
        variables = {
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "_HANDLER": handler,
        }
        environment = clean_environment(variables)
        with Program(command=runtime_command(handler), environment=environment) as runtime:
            api.wait_for(RESTORE)
            yield api, runtime


def test_snapstart_runs_the_startup_after_the_restore_and_before_the_first_event() -> None:
    with snapshot("service") as (api, runtime):
        assert runtime.noted == ["imported"]

        restored = api.restore()
        ready = api.wait_for(NEXT)
        answer = api.invoke("one", request(path="/where")).content

        assert runtime.noted == ["imported", "startup", "request /where"]
        assert restored < runtime.wait_for_note("startup").at < ready.at
        assert answer["statusCode"] == 200


def test_snapstart_is_told_of_a_startup_that_fails_after_the_restore() -> None:
    with snapshot("startup_fails") as (api, runtime):
        api.restore()
        error = api.wait_for(RESTORE_ERROR)
        status = runtime.wait_for_end()

        assert error.content["errorType"] == "LifespanFailed"
        assert error.content["errorMessage"] == "the database is down"
        assert error.error_type == "Runtime.AfterRestoreError"
        assert status == 65
        assert runtime.noted == ["imported", "startup"]
        assert api.calls == [RESTORE, RESTORE_ERROR]


def test_snapstart_without_hooks_runs_the_startup_at_the_first_event() -> None:
    with snapshot("without_hooks") as (api, runtime):
        restored = api.restore()
        ready = api.wait_for(NEXT)
        assert runtime.noted == ["imported"]

        answer = api.invoke("one", request(path="/where")).content

        assert runtime.noted == ["imported", "startup", "request /where"]
        assert restored < ready.at < runtime.wait_for_note("startup").at
        assert answer["statusCode"] == 200


def test_snapstart_has_a_startup_at_import_in_its_snapshot() -> None:
    with snapshot("startup_at_import") as (api, runtime):
        assert runtime.noted == ["startup", "imported"]
        pid = runtime.notes[0].pid

        api.restore()
        answers = [api.invoke(name, request(path="/where")).content for name in ("one", "two")]

        assert runtime.noted == ["startup", "imported"] + ["request /where"] * 2
        assert [json.loads(answer["body"])["pid"] for answer in answers] == [pid, pid]


def test_a_graceful_function_registers_an_extension_of_its_own(emulate: Emulate) -> None:
    emulator = emulate("graceful")

    answer = emulator.invoke(request(path="/where"))

    assert answer.result["statusCode"] == 200
    assert "Internal agent asgi-lambda (" in emulator.log


def test_no_other_function_registers_one(emulate: Emulate) -> None:
    emulator = emulate("service")

    answer = emulator.invoke(request(path="/where"))

    assert answer.result["statusCode"] == 200
    assert "Internal agent" not in emulator.log


def test_a_second_graceful_application_in_the_process_shuts_down_too(emulate: Emulate) -> None:
    emulator = emulate("two_graceful")
    emulator.invoke(request(path="/where"))

    emulator.process.terminate()
    emulator.wait_for_end()

    assert emulator.noted.count("startup") == 2
    assert emulator.noted.count("shutdown") == 2
