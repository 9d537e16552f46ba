"""Several processes: who gets which invocation, who is refused, and what becomes of the dead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from asgi_lambda import ConfigurationError
from asgi_lambda.local import Gateway
from asgi_lambda.local import environments as module
from asgi_lambda.local.environments import Environments
from asgi_lambda.local.function import FunctionExited
from asgi_lambda.local.inspector import Inspector
from asgi_lambda.local.runtime_api import FunctionFailed
from asgi_lambda.local.throttle import Throttled
from tests.local.clients import ask, connect, lifespan
from tests.local.serving import ROOT
from tests.local.sockets import Socket
from tests.local.streaming import Client
from tests.local.test_environment_process import APPS, LONG, STREAM, Written, event, until
from tests.local.test_gateway import Recorder


@asynccontextmanager
async def several(target: str = "chaotic.handler", **settings: Any) -> AsyncIterator[Environments]:
    """The environments of an application of `apps`, of which the first one has started."""
    variables = {"PYTHONPATH": f"{APPS}:{ROOT}", **settings.pop("variables", {})}
    settings = {"timeout": LONG, "write": Written(), **settings}
    environments = Environments(target, variables=variables, **settings)
    try:
        await environments.startup()
        yield environments
    finally:
        await environments.shutdown()
    assert environments.all == []


async def numbers(environments: Environments, times: int) -> list[int]:
    """How often the process that answers has been asked, for one request after the other."""
    found = []
    for _ in range(times):
        idle = [each for each in environments.all if each not in environments._busy]
        await asyncio.gather(*(each.rest() for each in idle))
        response = await environments.invoke(event(), "id")
        found.append(int(response["body"].split()[1]))
    return found


def test_one_that_is_free_is_used_again() -> None:
    async def main() -> None:
        async with several() as environments:
            assert await numbers(environments, 3) == [1, 2, 3]
            assert [each.number for each in environments.all] == [1]

    anyio.run(main)


def test_another_one_begins_where_none_is_free(tmp_path: Path) -> None:
    async def main() -> None:
        async with several() as environments:
            first = asyncio.ensure_future(environments.invoke(event(f"/wait?{tmp_path}/go"), "id"))
            await until(lambda: environments.all[0].used)
            assert await numbers(environments, 2) == [1, 2]
            assert len(environments.all) == 2
            (tmp_path / "go").touch()
            assert (await first)["statusCode"] == 200

    anyio.run(main)


def test_they_take_turns() -> None:
    async def main() -> None:
        async with several(concurrency=3, spread=True) as environments:
            assert await numbers(environments, 7) == [1, 1, 1, 2, 2, 2, 3]

    anyio.run(main)


def test_every_start_is_a_cold_one() -> None:
    written = Written()

    async def main() -> None:
        async with several(cold_start=True, concurrency=1, write=written) as environments:
            assert await numbers(environments, 3) == [1, 1, 1]

    anyio.run(main)
    assert written.text.count("INIT_START Runtime Version: python:") == 3
    assert written.text.count("ms\tPhase: init\tEnvironment: 3\n") == 1


def test_no_more_than_there_may_be(tmp_path: Path) -> None:
    async def main() -> None:
        async with several(concurrency=1) as environments:
            first = asyncio.ensure_future(environments.invoke(event(f"/wait?{tmp_path}/go"), "id"))
            with pytest.raises(Throttled, match="expected at most 1 invocations at a time"):
                environments.invoke(event(), "id")
            (tmp_path / "go").touch()
            await first
            assert await numbers(environments, 1) == [2]

    anyio.run(main)
    with pytest.raises(ConfigurationError, match="concurrency: expected 1 at least, got 0"):
        Environments("chaotic.handler", concurrency=0)


def test_as_many_at_once_as_there_may_be() -> None:
    """One that has just begun counts once."""

    async def main() -> None:
        async with several(concurrency=3) as environments:
            calls = [environments.invoke(event(), "id") for _ in range(3)]
            with pytest.raises(Throttled):
                environments.invoke(event(), "id")
            tasks = [asyncio.ensure_future(call) for call in calls]
            await until(lambda: len(environments._busy) == 3)
            assert environments._pending == 0
            assert {(await task)["statusCode"] for task in tasks} == {200}

    anyio.run(main)


def test_killed_one_is_replaced() -> None:
    async def main() -> None:
        async with several() as environments:
            assert await numbers(environments, 2) == [1, 2]
            await environments.all[0].rest()
            environments.all[0].kill()
            assert await numbers(environments, 2) == [1, 2]
            await until(lambda: len(environments.all) == 1)
            assert environments.all[0].number == 2

    anyio.run(main)


def test_one_that_dies_behind_its_answer_is_replaced(tmp_path: Path) -> None:
    async def main() -> None:
        async with several(concurrency=1) as environments:
            await environments.invoke(event(f"/work?{tmp_path}/never"), "id")
            environments.all[0]._deadline = 0.0
            assert await numbers(environments, 1) == [1]

    anyio.run(main)


def test_one_that_exits_is_replaced() -> None:
    async def main() -> None:
        async with several(concurrency=1) as environments:
            with pytest.raises(FunctionExited):
                await environments.invoke(event("/exit"), "id")
            assert await numbers(environments, 1) == [1]

    anyio.run(main)


def test_work_behind_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one begins soon, where there may be another; else the next request waits."""
    monkeypatch.setattr(module, "_PATIENCE", 0.01)

    async def main() -> None:
        async with several(concurrency=2) as environments:
            for number in (1, 2):
                await environments.invoke(event(f"/work?{tmp_path}/go"), "id")
                assert [each.number for each in environments.all][-1] == number
            third = asyncio.ensure_future(environments.invoke(event(), "id"))
            for _ in range(100):
                await anyio.lowlevel.checkpoint()
            assert not third.done()
            (tmp_path / "go").touch()
            assert (await third)["body"].endswith(" 2")

    anyio.run(main)


def test_startup_that_fails() -> None:
    async def main() -> None:
        async with several("no_such_module.handler"):
            raise AssertionError

    with pytest.raises(FunctionFailed, match=r"Runtime\.ImportModuleError"):
        anyio.run(main)


def test_cold_start_that_fails() -> None:
    """The one that was there is dead, and the next one does not begin."""

    async def main() -> None:
        async with several() as environments:
            environments.all[0].kill()
            await until(lambda: not environments.all[0].alive)
            environments._target = "no_such_module.handler"
            for _ in range(2):
                with pytest.raises(FunctionFailed, match=r"Runtime\.ImportModuleError"):
                    await environments.invoke(event(), "id")
            environments._target = "chaotic.handler"
            assert await numbers(environments, 1) == [1]

    anyio.run(main)


def test_gateway(tmp_path: Path) -> None:
    recorder = Recorder()

    async def main() -> None:
        async with several(concurrency=1, freeze=True) as environments:
            gateway = Gateway(environments, "function-url", observers=[recorder])
            inspector = Inspector(gateway)
            async with (
                connect(inspector) as client,
                Client(gateway, "/wait", f"{tmp_path}/never") as first,
            ):
                await until(lambda: recorder.exchanges and recorder.exchanges[0].environment)
                response = await client.get("/")
                assert (response.status_code, response.json()) == (
                    429,
                    {"message": "Rate Exceeded."},
                )
                environments.all[0].kill()
                assert (await first.next())["status"] == 502
                assert (await client.get("/")).text.endswith(" 1")
                assert (await client.get("/")).text.endswith(" 2")

    anyio.run(main)
    failed, throttled, cold, warm = recorder.exchanges
    assert isinstance(failed.error, FunctionExited)
    assert throttled.reason == "expected at most 1 invocations at a time, got another"
    assert throttled.invoked is None
    assert [each.environment for each in (failed, cold, warm)] == [1, 2, 2]
    assert cold.init is not None
    assert warm.init is None
    assert (warm.memory or 0) > 5


def test_gateway_and_its_lifespan(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> httpx.Response:
        variables = {"PYTHONPATH": f"{APPS}:{ROOT}"}
        environments = Environments("chaotic.handler", variables=variables)
        gateway = Gateway(environments, "rest-api")
        async with lifespan(gateway), connect(gateway) as client:
            return await client.get("/prod/")

    assert anyio.run(main).status_code == 200
    assert "INIT_REPORT Init Duration: " in capsys.readouterr().err


def test_stream_of_an_environment(tmp_path: Path) -> None:
    recorder = Recorder()

    async def main() -> None:
        async with several(variables=STREAM) as environments:
            gateway = Gateway(
                environments, "function-url", invoke_mode="RESPONSE_STREAM", observers=[recorder]
            )
            for path in ("stream", "leave"):
                async with Client(gateway, f"/{path}", f"{tmp_path}/{path}") as client:
                    assert (await client.next())["status"] == 200
                    assert (await client.next())["body"] == b"first "
                    (tmp_path / path).touch()
                    rest = await client.rest()
                    if path == "stream":
                        assert rest.endswith(b" 1")
                        assert client.error is None
                    else:
                        assert str(client.error) == "the function raised FunctionExited"

    anyio.run(main)
    directions = [direction for _, direction, _ in recorder.exchanges[0].messages]
    assert directions == ["passed on"] * 2


def test_gateway_of_an_environment_that_does_not_start() -> None:
    recorder = Recorder()

    async def main() -> int:
        async with several(cold_start=True) as environments:
            environments._target = "no_such_module.handler"
            gateway = Gateway(environments, "function-url", observers=[recorder])
            async with connect(gateway) as client:
                assert (await client.get("/")).status_code == 200
                return (await client.get("/")).status_code

    assert anyio.run(main) == 502
    assert recorder.told == ["arrived", "invoked", "returned", "answered"] * 2
    assert recorder.exchanges[0].environment == 1
    assert recorder.exchanges[1].environment is None


def test_events_of_a_socket_go_to_several() -> None:
    recorder = Recorder()

    async def main() -> None:
        async with several("chaotic.accepts", concurrency=2, spread=True) as environments:
            socket = Socket(Gateway(environments, "websocket-api", observers=[recorder]))
            assert (await socket.next())["type"] == "websocket.accept"
            socket.say("x")
            socket.leave(code=1000)
            await socket.end()

    anyio.run(main)
    joined, *others = [each.environment for each in recorder.exchanges]
    assert joined == 1
    assert sorted(filter(None, others)) == [1, 2]


def test_rate_of_a_gateway() -> None:
    gateway = Gateway(lambda event, context: {"statusCode": 204}, "alb", throttle=0.001)
    assert [ask(gateway).status_code for _ in range(2)] == [204, 502]
