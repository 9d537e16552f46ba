"""One process: its start, its invocations, and every way that it can end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import anyio
import pytest

from asgi_lambda.local import environment_process as module
from asgi_lambda.local import runtime_api
from asgi_lambda.local.environment_process import Environment
from asgi_lambda.local.events import build
from asgi_lambda.local.exchange import Exchange, current
from asgi_lambda.local.function import FunctionExited, FunctionTimedOut
from asgi_lambda.local.request import Deployment, Request
from asgi_lambda.local.runtime_api import FunctionFailed
from tests.local.serving import ROOT

APPS = ROOT / "tests" / "local" / "apps"
# Seconds.
LONG = 60.0


def event(path: str = "/", source: str = "function-url") -> Any:
    return build(source, Request("GET", path), Deployment())


def runtime(target: str = "chaotic.handler") -> list[str]:
    return [sys.executable, "-m", "asgi_lambda.runtime", target]


class Written:
    """What an environment has printed; `seen` is called with all of it."""

    def __init__(self) -> None:
        self.text = ""
        self.seen: Callable[[str], object] = len

    def __call__(self, text: str) -> None:
        self.text += text
        self.seen(self.text)


@asynccontextmanager
async def started(
    command: list[str] | None = None,
    *,
    freezes: bool = False,
    extra: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[tuple[Environment, Written]]:
    """An environment that waits for an event, and what it writes."""
    written = Written()
    variables = {"PYTHONPATH": f"{APPS}:{ROOT}", "_HANDLER": "chaotic.handler", **extra}
    environment = Environment(1, command or runtime(), variables, freezes, written)
    try:
        await environment.start(LONG)
        yield environment, written
    finally:
        await environment.stop()
        assert not environment.alive


async def body(environment: Environment, path: str = "/") -> str:
    response = await environment.invoke(event(path), "id", LONG, None)
    assert response["statusCode"] == 200
    text: str = response["body"]
    return text


async def until(there: Callable[[], object]) -> None:
    with anyio.fail_after(LONG):
        while not there():
            await anyio.lowlevel.checkpoint()


def run(main: Callable[[], Awaitable[None]]) -> None:
    anyio.run(main)


def test_invocations_of_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GRACE", LONG)

    async def main() -> None:
        async with started() as (environment, written):
            pid = environment.pid
            assert environment.init is not None
            assert environment.init > 0
            assert not environment.used
            assert await body(environment) == f"{pid} 1"
            await environment.rest()
            assert await body(environment) == f"{pid} 2"
            assert environment.used
            assert 5 < (environment.peak_memory() or 0) < 10_000
        assert environment.peak_memory() is None
        environment.kill()  # and no harm is done
        assert f"lifespan.startup {pid}" in written.text
        # By itself, as a signal asked it to.
        assert environment._process.returncode == 0

    run(main)


def test_what_a_function_is_told() -> None:
    async def main() -> None:
        async with started(runtime("chaotic.describe"), extra={"WORD": "word"}) as (environment, _):
            told = await environment.invoke({}, "the-id", LONG, None)
            assert LONG * 500 < told.pop("left") <= LONG * 1000
            assert told.pop("arn").startswith("arn:aws:lambda:")
            told.pop("name")
            assert told == {"id": "the-id", "handler": "chaotic.handler", "word": "word"}

    run(main)


def test_frozen_between_invocations(tmp_path: Path) -> None:
    def state(environment: Environment) -> str:
        return Path(f"/proc/{environment.pid}/stat").read_text().rpartition(") ")[2][0]

    async def main() -> None:
        async with started(freezes=True) as (environment, _):
            await until(lambda: state(environment) == "T")
            call = asyncio.create_task(body(environment, f"/wait?{tmp_path}/go"))
            await until(lambda: state(environment) != "T")
            (tmp_path / "go").touch()
            assert await call == f"{environment.pid} 1"
            await environment.rest()
            await until(lambda: state(environment) == "T")
            assert await body(environment) == f"{environment.pid} 2"

    if not os.path.exists("/proc"):
        pytest.skip("the system does not tell")
    run(main)


def test_output_belongs_to_the_invocation(tmp_path: Path) -> None:
    exchange = Exchange("function-url", Request("GET", "/"))

    def go_on(text: str) -> None:
        if "printed\n" in text:
            (tmp_path / "go").touch()

    async def main() -> None:
        async with started() as (environment, written):
            written.seen = go_on
            current.set(exchange)
            await body(environment, f"/print?{tmp_path}/go")

    run(main)
    assert "printed\n" in "".join(text for _, _, text in exchange.log)
    assert {level for _, level, _ in exchange.log} == {"PRINT"}


def test_error_of_an_invocation() -> None:
    async def main() -> None:
        async with started() as (environment, _):
            with pytest.raises(FunctionFailed, match="UnsupportedEvent: "):
                await environment.invoke({}, "id", LONG, None)
            await environment.rest()
            assert await body(environment) == f"{environment.pid} 1"

    run(main)


@pytest.mark.parametrize(("target", "result"), [("binary", b"\xff"), ("large", None)])
def test_results_that_are_no_json_or_too_large(target: str, result: Any) -> None:
    async def main() -> None:
        async with started(runtime(f"chaotic.{target}")) as (environment, _):
            if result is not None:
                assert await environment.invoke({}, "id", LONG, None) == result
                return
            with pytest.raises(FunctionFailed, match=r"Function\.ResponseSizeTooLarge"):
                await environment.invoke({}, "id", LONG, None)

    run(main)


def test_process_that_exits() -> None:
    async def main() -> None:
        async with started() as (environment, _):
            with pytest.raises(FunctionExited, match="Runtime exited, exit status 3"):
                await body(environment, "/exit")
            assert not environment.alive
            await environment.rest()

    run(main)


def test_process_that_is_killed(tmp_path: Path) -> None:
    async def main() -> None:
        async with started() as (environment, _):
            call = asyncio.create_task(body(environment, f"/wait?{tmp_path}/never"))
            await until(lambda: environment.used)
            os.kill(environment.pid, signal.SIGKILL)
            with pytest.raises(FunctionExited, match="Runtime exited, signal 9"):
                await call

    run(main)


def test_timeout(tmp_path: Path) -> None:
    async def main() -> None:
        async with started() as (environment, _):
            with pytest.raises(FunctionTimedOut, match=r"Task timed out after 0\.00 seconds"):
                await environment.invoke(event(f"/wait?{tmp_path}/never"), "id", 0.0, None)
            assert not environment.alive

    run(main)


def test_work_behind_an_answer_ends_at_the_deadline(tmp_path: Path) -> None:
    async def main() -> None:
        async with started() as (environment, _):
            assert await body(environment, f"/work?{tmp_path}/never")
            assert environment.alive
            assert environment.works
            environment._deadline = 0.0
            await environment.rest()
            assert not environment.alive

    run(main)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (runtime("no_such_module.handler"), "Runtime.ImportModuleError: Unable to import module"),
        ([sys.executable, "-c", "print('on purpose'); raise SystemExit(4)"], "got exit status 4"),
    ],
)
def test_start_that_fails(command: list[str], message: str) -> None:
    async def main() -> None:
        with pytest.raises(FunctionFailed, match=message):
            async with started(command):
                raise AssertionError

    run(main)


def test_start_that_takes_too_long() -> None:
    async def main() -> None:
        program = [sys.executable, "-c", "import time; time.sleep(3600)"]
        environment = Environment(1, program, {}, False, len)
        with pytest.raises(FunctionFailed, match=r"within 0\.01 s, got signal 9"):
            await environment.start(0.01)
        await environment.stop()

    run(main)


def test_stop_before_the_start() -> None:
    async def main() -> None:
        environment = Environment(1, [], {}, False, len)
        await environment.stop()
        assert environment.alive

    run(main)


class Sink:
    """Keeps what it is given, and makes a file at the first part of the body."""

    def __init__(self, file: Path, takes: int = 1_000_000) -> None:
        self.parts: list[bytes] = []
        self.error: str | None = None
        self.kind = ""
        self._file, self._takes = file, takes

    async def begin(self, content_type: str) -> None:
        self.kind = content_type

    async def write(self, data: bytes) -> bool:
        self.parts.append(data)
        self._file.touch()
        return sum(map(len, self.parts)) <= self._takes

    async def end(self, error: str = "") -> None:
        self.error = error


STREAM = {"ASGI_LAMBDA_INVOKE_MODE": "RESPONSE_STREAM"}


@pytest.mark.parametrize(("path", "error"), [("/stream", ""), ("/break", "ValueError")])
def test_stream(path: str, error: str, tmp_path: Path) -> None:
    """The second part comes only once the first one is here."""
    sink = Sink(tmp_path / "go")

    async def main() -> None:
        async with started(extra=STREAM) as (environment, _):
            call = environment.invoke(event(f"{path}?{tmp_path}/go"), "id", LONG, sink)
            assert await call is None
            await environment.rest()
            assert environment.alive

    run(main)
    assert sink.kind == "application/vnd.awslambda.http-integration-response"
    assert sink.parts[0].endswith(b"first ")
    assert sink.error == error


def test_process_that_exits_within_a_stream(tmp_path: Path) -> None:
    sink = Sink(tmp_path / "go")

    async def main() -> None:
        async with started(extra=STREAM) as (environment, _):
            with pytest.raises(FunctionExited):
                await environment.invoke(event(f"/leave?{tmp_path}/go"), "id", LONG, sink)

    run(main)
    assert sink.parts[0].endswith(b"first ")
    assert sink.error is None


def test_stream_of_which_no_more_is_taken(tmp_path: Path) -> None:
    sink = Sink(tmp_path / "go", takes=10)

    async def main() -> None:
        async with started(extra=STREAM) as (environment, _):
            call = environment.invoke(event(f"/stream?{tmp_path}/never"), "id", LONG, sink)
            task = asyncio.create_task(call)
            await until(lambda: sink.parts)
            # The application is given up, and the environment is there for the next one.
            await environment.rest()
            assert environment.alive
            task.cancel()

    run(main)
    assert sink.error is None


def test_stream_that_nobody_wants() -> None:
    """Lambda collects it, and then it is no JSON."""

    async def main() -> None:
        async with started(extra=STREAM) as (environment, _):
            result = await environment.invoke(event(), "id", LONG, None)
            assert result.endswith(b" 1")
            assert bytes(8) in result

    run(main)


def test_late_results_are_of_no_use() -> None:
    async def main() -> None:
        invocation = runtime_api.Invocation(None)
        invocation.settle("first")
        invocation.settle("second")
        invocation.fail(ValueError("third"))
        assert await invocation.result == "first"

    run(main)
