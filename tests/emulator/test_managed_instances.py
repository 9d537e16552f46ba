"""Many invocations at once in AWS's emulator of Managed Instances, under our runtime client."""

from __future__ import annotations

import ast
import json
from functools import partial
from typing import TYPE_CHECKING

import pytest

from benchmarks.runtime.processes import descendants
from tests.deployment.translated import of_type, template
from tests.emulator.lambda_paths import with_client, with_layer
from tests.emulator.managed_instances import ManagedInstances
from tests.emulator.program import CHECKOUT, OUR_CLIENT
from tests.runtime.events import STREAM, request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def environment(
    binary: Path, *, handler: str = "web.handler", variables: Mapping[str, str] | None = None
) -> ManagedInstances:
    return ManagedInstances(
        binary=binary,
        paths=partial(with_client, client=OUR_CLIENT),
        handler=f"tests.runtime.apps.{handler}",
        variables=variables or {},
        count=8,
    )


@pytest.mark.parametrize("handler", ["web.handler", "web.decorated"])
def test_eight_at_once_in_one_process(emulator_binary: Path, handler: str) -> None:
    with environment(emulator_binary, handler=handler) as instances:
        instances.invoke(request("/answer/ready"))
        answers = instances.invoke_all(*[request("/ids")] * 8)
        # The emulator passes on what a function writes when it comes to it.
        instances.wait_for_log('"logged"', times=8)
        log = instances.log

    said = [ast.literal_eval(json.loads(answer.body)["body"]) for answer in answers]
    ids = {first[0] for first, _, _ in said}
    assert len(ids) == 8
    assert all(first[0] == first[2] == second[0] for first, second, _ in said)
    assert len({pid for _, _, pid in said}) == 1
    # The emulator asks for JSON, in which each line has the id of its invocation.
    lines = [json.loads(line) for line in log.splitlines() if '"logged"' in line]
    assert {line["requestId"] for line in lines} == ids


def test_eight_at_once_in_two_processes(emulator_binary: Path) -> None:
    with environment(emulator_binary, variables={"ASGI_LAMBDA_WORKERS": "2"}) as instances:
        instances.invoke(request("/answer/ready"))
        answers = instances.invoke_all(*[request("/ids")] * 8)
        instances.process.terminate()
        instances.wait_for_end()

    said = [ast.literal_eval(json.loads(answer.body)["body"]) for answer in answers]
    assert len({first[0] for first, _, _ in said}) == 8
    started = {note.pid for note in instances.notes if note.what == "startup"}
    assert {note.pid for note in instances.notes if note.what == "shutdown"} == started
    assert len(started) == 2
    assert {pid for _, _, pid in said} <= started
    assert "SIGKILL" not in instances.log


def test_the_response_is_there_before_the_work_is_done(emulator_binary: Path) -> None:
    with environment(emulator_binary) as instances:
        answer = instances.invoke(request("/background/0.3"))
        before = instances.noted
        instances.wait_for_note("ends /background/0.3")

    assert json.loads(answer.body)["body"] == "done"
    assert "ends /background/0.3" not in before


def test_streams_and_their_failures(emulator_binary: Path) -> None:
    with environment(emulator_binary, variables=STREAM) as instances:
        stream = instances.invoke(request("/chunks/3/0.05"))
        failed = instances.invoke(request("/raise/middle"))
        buffered = instances.invoke(request("/answer/x", source="http-api"))

    assert stream.headers["Content-Type"] == ("application/vnd.awslambda.http-integration-response")
    prelude, _, body = stream.body.partition(bytes(8))
    assert json.loads(prelude)["cookies"] == ["a=1", "b=2"]
    assert body == b"chunk 0chunk 1chunk 2"
    assert json.loads(failed.body)["errorType"] == "LookupError"
    assert json.loads(buffered.body)["body"] == "x"


def test_the_end_of_the_environment_shuts_the_application_down(emulator_binary: Path) -> None:
    with environment(emulator_binary) as instances:
        instances.invoke(request("/answer/ready"))
        instances.process.terminate()
        instances.wait_for_end()

        assert "shutdown" in instances.noted
        assert "SIGKILL" not in instances.log


def test_template_serves_many_at_once_in_one_process_through_the_exec_wrapper(
    emulator_binary: Path,
) -> None:
    properties = of_type(template(), "AWS::Serverless::Function")["Instances"]
    configuration = properties["CapacityProviderConfig"]
    with ManagedInstances(
        binary=emulator_binary,
        paths=partial(with_layer, task=CHECKOUT / properties["CodeUri"]),
        handler="app.handler",
        variables=properties["Environment"]["Variables"],
        count=configuration["PerExecutionEnvironmentMaxConcurrency"],
    ) as instances:
        instances.invoke(request("/items/0"))
        answers = instances.invoke_all(*[request("/items/0")] * 32)
        processes = descendants(instances.process.pid)

    assert {json.loads(answer.body)["statusCode"] for answer in answers} == {200}
    assert len(processes) == 1
