"""SnapStart: the hooks around the snapshot, and what becomes of their failures."""

from __future__ import annotations

import pytest

from tests.runtime.clients import AWS, OURS, start
from tests.runtime.double import INIT_ERROR, NEXT, RESTORE, RESTORE_ERROR, Behaviour
from tests.runtime.events import request

SNAPSHOT = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}


@pytest.mark.parametrize("module", [OURS, AWS])
def test_hooks_run_around_the_snapshot(module: str) -> None:
    with start("snapshot.handler", module=module, **SNAPSHOT) as client:
        client.api.wait_for(RESTORE)
        before = client.noted
        client.api.restored.set()
        client.api.wait_for(NEXT)
        answer = client.api.invoke(request("/answer/x"))

        assert before == ["before 2", "before 1"]
        assert client.noted[2:5] == ["after 1", "after 2", "startup"]
        assert answer.content["body"] == "x"


@pytest.mark.parametrize("module", [OURS, AWS])
@pytest.mark.parametrize(
    ("handler", "what", "kind", "status"),
    [
        ("snapshot_fails.before", INIT_ERROR, "Runtime.BeforeSnapshotError", 64),
        ("snapshot_fails.after", RESTORE_ERROR, "Runtime.AfterRestoreError", 65),
    ],
)
def test_a_hook_that_fails_is_reported(
    module: str, handler: str, what: str, kind: str, status: int
) -> None:
    variables = {"HOOK": handler.partition(".")[2], **SNAPSHOT}
    with start("snapshot_fails.handler", module=module, **variables) as client:
        client.api.restored.set()

        assert client.wait_for_end() == status
    report = client.api.wait_for(what)
    assert report.headers["lambda-runtime-function-error-type"] == kind
    assert report.content["errorType"] == "LookupError"
    assert report.content["errorMessage"] == "the hook failed"
    assert NEXT not in client.api.whats()
    assert "LookupError: the hook failed" in client.log


@pytest.mark.parametrize("module", [OURS, AWS])
def test_a_restore_that_is_refused_is_reported(module: str) -> None:
    with start("snapshot.handler", module=module, refused=["restore"], **SNAPSHOT) as client:
        assert client.wait_for_end() == 64

    report = client.api.wait_for(INIT_ERROR)
    assert report.headers["lambda-runtime-function-error-type"] == "Runtime.BeforeSnapshotError"


def test_without_hooks_the_snapshot_is_taken_all_the_same() -> None:
    with start("without_hooks.handler", **SNAPSHOT) as client:
        client.api.wait_for(RESTORE)
        client.api.restored.set()

        assert client.api.invoke(request("/answer/x")).content["body"] == "x"


def test_a_startup_that_fails_after_the_restore_is_reported() -> None:
    with start("startup_fails.handler", **SNAPSHOT) as client:
        client.api.restored.set()

        assert client.wait_for_end() == 65
    assert client.api.wait_for(RESTORE_ERROR).content["errorType"] == "LifespanFailed"


def test_a_report_that_another_process_made_first_is_fine() -> None:
    with start("snapshot_fails.handler", HOOK="before", **SNAPSHOT) as client:
        client.api.behaviours["error"].append(Behaviour(403, b"reported already"))

        assert client.wait_for_end() == 64
