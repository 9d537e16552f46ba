"""No difference: the same functions under AWS's client and ours, everything visible compared."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.runtime.clients import AWS, OURS, start
from tests.runtime.double import INIT_ERROR, NEXT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.runtime.double import Received

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
# What AWS tells of updates of its managed runtimes, which this is none of.
_OF_MANAGED_RUNTIMES: Final = re.compile(r"[^\n]*LAMBDA_WARNING: Unhandled[^\n]*\n")

CONTEXT: Final = {
    "Lambda_Runtime_Trace_Id": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
    "Lambda_Runtime_Invocation_Id": "a-nonce",
    "Lambda_Runtime_Aws_Tenant_Id": "tenant-7",
    "Lambda_Runtime_Client_Context": json.dumps(
        {
            "custom": {"a": 1},
            "env": {"make": "x"},
            "client": {"app_title": "title", "unknown": 1},
            "w3c": {"traceparent": "00-1-2-01", "tracestate": 7, "other": "x"},
        }
    ),
    "Lambda_Runtime_Cognito_Identity": json.dumps(
        {"cognitoIdentityId": "id", "cognitoIdentityPoolId": "pool"}
    ),
}


def seen(received: Received) -> dict[str, Any]:
    """What a caller, and Lambda, get to know of an answer."""
    body: Any = received.body
    if received.headers["content-type"] == "application/json":
        body = json.loads(body)
    cause = received.headers.get("lambda-runtime-function-xray-error-cause")
    return {
        "what": received.what,
        "body": body,
        "content type": received.headers["content-type"],
        "nonce": received.headers.get("lambda-runtime-invocation-id"),
        "cause": json.loads(cause) if cause else None,
    }


def answers(
    module: str,
    handler: str,
    events: list[Any],
    headers: dict[str, str],
    variables: dict[str, str],
) -> tuple[list[dict[str, Any]], str]:
    """What the function's events led to, and what its log has."""
    with start(handler, module=module, **variables) as client:
        answers = [
            seen(client.api.invoke(event, f"id-{number}", **headers))
            for number, event in enumerate(events)
        ]
        client.api.wait_for(NEXT, len(events) + 1)
        log = _TIME.sub("TIME", client.log)
        if module == AWS:
            client.process.kill()  # where it polls in no thread, it does not see a SIGTERM
        return answers, log


@pytest.mark.parametrize(
    ("handler", "events"),
    [
        ("echo", [{"a": ["ä", 1.5, None]}, "text", 1, None, [], b"no JSON", b'{"half":']),
        (
            "results",
            [
                *("decimals", "text", "nested", "keys", "keys with decimals", "bytes"),
                *("bytes inside", "none", "text alone", "date", "set", "key", "not text"),
            ],
        ),
        ("raises", ["plain", "chained", "nameless", "lines", "large", "stop"]),
        ("runs_a_loop", [21]),
    ],
)
def test_results_and_errors(handler: str, events: list[Any]) -> None:
    ours, our_log = answers(OURS, f"functions.{handler}", events, {}, {})
    aws, aws_log = answers(AWS, f"functions.{handler}", events, {}, {})

    for mine, theirs in zip(ours, aws, strict=True):
        assert mine == theirs
    assert our_log == aws_log


def test_a_function_that_is_async() -> None:
    ours, _ = answers(OURS, "functions.is_async", [1], {}, {})
    aws, _ = answers(AWS, "functions.is_async", [1], {}, {})

    assert ours == aws
    assert ours[0]["body"]["errorType"] == "Runtime.MarshalError"


def test_ascii_where_the_runtime_is_not_known() -> None:
    variables = {"AWS_EXECUTION_ENV": "AWS_Lambda_python3.11"}
    ours, _ = answers(OURS, "functions.results", ["text", "decimals"], {}, variables)
    aws, _ = answers(AWS, "functions.results", ["text", "decimals"], {}, variables)

    assert ours == aws


@pytest.mark.parametrize("headers", [{}, CONTEXT], ids=["bare", "full"])
def test_the_context(headers: dict[str, str]) -> None:
    variables = {
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
        "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    }
    ours, _ = answers(OURS, "functions.describe", [{}], headers, variables)
    aws, _ = answers(AWS, "functions.describe", [{}], headers, variables)

    assert ours == aws
    assert ours[0]["body"]["trace"] == headers.get("Lambda_Runtime_Trace_Id")


def test_a_context_that_is_no_json() -> None:
    headers = {"Lambda_Runtime_Client_Context": "{"}
    ours, our_log = answers(OURS, "functions.echo", [{}], headers, {})
    aws, aws_log = answers(AWS, "functions.echo", [{}], headers, {})

    assert (ours, our_log) == (aws, aws_log)


def test_the_trace_id_of_one_invocation_is_not_that_of_the_next() -> None:
    with start("functions.describe") as client:
        traced = client.api.invoke({}, "one", Lambda_Runtime_Trace_Id="Root=1")
        untraced = client.api.invoke({}, "two")

    assert (traced.content["trace"], untraced.content["trace"]) == ("Root=1", None)


@pytest.mark.parametrize("format_", ["Text", "JSON"])
@pytest.mark.parametrize("level", [None, "debug", "WARN", "TRACE", "nonsense"])
def test_the_log(format_: str, level: str | None) -> None:
    variables = {"AWS_LAMBDA_LOG_FORMAT": format_}
    if level is not None:
        variables["AWS_LAMBDA_LOG_LEVEL"] = level
    headers = {"Lambda_Runtime_Aws_Tenant_Id": "tenant-7"}
    _, ours = answers(OURS, "functions.logs", ["event"], headers, variables)
    _, aws = answers(AWS, "functions.logs", ["event"], headers, variables)

    assert ours == aws
    assert "at level 50" in ours


def frames(data: bytes) -> list[tuple[bytes, str]]:
    """Kind and text of each frame of telemetry."""
    found = []
    while data:
        length = int.from_bytes(data[4:8], "big")
        assert 0 < int.from_bytes(data[8:16], "big") < 2**63
        found.append((data[:4], _TIME.sub("TIME", data[16 : 16 + length].decode())))
        data = data[16 + length :]
    return found


@pytest.mark.parametrize("format_", ["Text", "JSON"])
@pytest.mark.parametrize("level", [None, "DEBUG"])
def test_the_log_as_telemetry(format_: str, level: str | None, tmp_path: Path) -> None:
    logs = {}
    for module in (OURS, AWS):
        file = tmp_path / module
        variables = {"AWS_LAMBDA_LOG_FORMAT": format_}
        if level is not None:
            variables["AWS_LAMBDA_LOG_LEVEL"] = level
        for handler in ("logs", "raises"):
            name = f"functions.{handler}"
            with start(name, module=module, log=f"{file}-{handler}", **variables) as client:
                client.api.invoke("event")
                client.api.wait_for(NEXT, 2)
        parts = [file.with_name(f"{file.name}-{handler}") for handler in ("logs", "raises")]
        logs[module] = [frame for part in parts for frame in frames(part.read_bytes())]

    assert logs[OURS] == logs[AWS]
    assert len(logs[OURS]) > 5


@pytest.mark.parametrize(
    "handler",
    [
        "there_is_no_such_module.handler",
        "imports_nothing.handler",
        "no_name.handler",
        "raises_at_import.handler",
        "exits_at_import.handler",
        "sys.exit",
        "handler",
        "apps/no_name.handler",
    ],
)
@pytest.mark.parametrize("format_", ["Text", "JSON"])
def test_a_function_that_cannot_be_served(handler: str, format_: str) -> None:
    found = {}
    for module in (OURS, AWS):
        with start(handler, module=module, AWS_LAMBDA_LOG_FORMAT=format_) as client:
            status = client.wait_for_end()
            reports = [
                (each.what, each.headers["lambda-runtime-function-error-type"], each.content)
                for each in client.api.requests
                if each.what == INIT_ERROR
            ]
            log = _OF_MANAGED_RUNTIMES.sub("", _TIME.sub("TIME", client.log))
            found[module] = (status, reports, log)

    assert found[OURS] == found[AWS]
    assert found[OURS][0] in (1, 5)


def test_a_syntax_error(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def handler(event, context)\n    return event\n")
    found = {}
    for module in (OURS, AWS):
        with start("broken.handler", module=module, PYTHONPATH=str(tmp_path)) as client:
            found[module] = (client.wait_for_end(), client.api.wait_for(INIT_ERROR).content)

    assert found[OURS] == found[AWS]
    assert found[OURS][1]["errorType"] == "Runtime.UserCodeSyntaxError"


@pytest.mark.parametrize("status", ["0", "7"])
def test_a_function_that_ends_the_process(status: str) -> None:
    found = {}
    for module in (OURS, AWS):
        # AWS's client hangs here where it polls in a thread.
        variables = {"AWS_EXECUTION_ENV": "AWS_Lambda_python3.11"}
        with start("functions.exits", module=module, **variables) as client:
            client.api.give(status)
            found[module] = (client.wait_for_end(), client.api.whats().count(NEXT))

    assert found[OURS] == found[AWS] == (int(status), 1)
