"""The command that serves, asked by real clients."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from asgi_lambda.cli import main
from tests.local.serving import ROOT, changing, serving

MODULE = """
import os

from asgi_lambda import adapt


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            step = (await receive())["type"]
            print(step, flush=True)
            await send({"type": step + ".complete"})
            if step == "lifespan.shutdown":
                return
    await receive()
    body = f"{scope['path']} {os.environ.get('GREETING')} VERSION".encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def no_startup(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})


handler = adapt(app)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the module `served`."""
    (tmp_path / "served.py").write_text(MODULE)
    return tmp_path


def test_requests_and_lines(project: Path) -> None:
    with serving("served:handler", "--source", "rest-api", "--stage", "dev", cwd=project) as server:
        address = server.address()
        assert address.endswith("/dev")
        response = httpx.get(f"{address}/items?a=b")
        assert response.text == "/dev/items None VERSION"
        assert "server" not in response.headers
        assert httpx.get(f"{address}/").status_code == 200
        assert httpx.get(address.removesuffix("/dev")).status_code == 403
        assert server.stop() == 0
    lines = [re.sub(r"\d+\.\d+|[0-9a-f-]{36}", "N", line) for line in server.lines]
    lines = [re.sub(r"(Duration|Used): \d+", r"\1: N", line) for line in lines]
    report = "REPORT RequestId: N\tDuration: N ms\tBilled Duration: N ms\t"
    report += "Memory Size: 128 MB\tMax Memory Used: N MB"
    assert lines[0].startswith("INIT_START Runtime Version: python:")
    assert lines[1] == "INIT_REPORT Init Duration: N ms\tPhase: init"
    assert lines[2].startswith("Serving rest-api at http://")
    assert re.fullmatch(r"Every invocation is shown at http://[\d.:N]+/_lambda", lines[3])
    assert lines[4:] == [
        "START RequestId: N Version: $LATEST",
        "END RequestId: N",
        f"{report}\tInit Duration: N ms",
        "rest-api GET /dev/items?a=b -> 200, 23 bytes",
        "START RequestId: N Version: $LATEST",
        "END RequestId: N",
        report,
        "rest-api GET /dev/ -> 200, 18 bytes",
        "WARNING: The front door answers 403: expected a path below /dev/",
        "rest-api GET / -> 403, 24 bytes",
    ]


def test_curl(project: Path) -> None:
    with serving("served:app", "--source", "alb", cwd=project) as server:
        address = server.address()
        # A real client, which asks first whether so much is welcome, and is told that it is not.
        body = project / "large"
        body.write_bytes(b"x" * 1_100_000)
        command = ["curl", "-sS", "-o", "answer", "-w", "%{http_code}", "-T", str(body)]
        done = subprocess.run(
            [*command, f"{address}/"], cwd=project, capture_output=True, text=True, check=True
        )
    assert done.stdout == "413"
    assert "413 Request Entity Too Large" in (project / "answer").read_text()


STREAM = """
import asyncio, os

from asgi_lambda import adapt


async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for number in (1, 2, 3):
        await send({"type": "http.response.body", "body": b"%d\\n" % number, "more_body": True})
        while not os.path.exists(str(number)):
            await asyncio.sleep(0.01)
    if scope["path"] == "/broken":
        raise ValueError("on purpose")
    await send({"type": "http.response.body"})


handler = adapt(app, lifespan="off")
"""


def test_stream(project: Path) -> None:
    """Each part is there while the application waits for what its arrival brings about."""
    (project / "streaming.py").write_text(STREAM)
    arguments = ("--source", "function-url", "--invoke-mode", "RESPONSE_STREAM")
    with serving("streaming:handler", *arguments, cwd=project) as server:
        address = server.address()
        with httpx.stream("GET", address) as response:
            lines = []
            for line in response.iter_lines():
                lines.append(line)
                (project / line).touch()
        assert lines == ["1", "2", "3"]
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{address}/broken")
        command = ["curl", "-sS", f"{address}/broken"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (18, "1\n2\n3\n")
        assert server.stop() == 0
    expected = "ERROR: The front door cuts its client off: the stream ended early: ValueError"
    assert expected in server.lines
    # The way a client is cut off is no news.
    assert not any("Interrupted" in line for line in server.lines)


def test_execution_environments(project: Path) -> None:
    """Each keeps its own state."""
    (project / "counting.py").write_text(
        MODULE.replace("VERSION", "{COUNT.append(1) or len(COUNT)}") + "\nCOUNT = []\n"
    )
    arguments = ("--concurrency", "2", "--freeze")
    with serving("counting.handler", *arguments, cwd=project) as server:
        address = server.address()
        texts = [httpx.get(f"{address}/").text for _ in range(2)]
        assert texts == ["/ None 1", "/ None 1"]
        assert server.stop() == 0
    lines = "\n".join(re.sub(r"\d+\.\d+", "N", line) for line in server.lines)
    for number in (1, 2):
        assert re.search(rf"INIT_START Runtime Version: .*\tEnvironment: {number}\n", lines)
        assert f"INIT_REPORT Init Duration: N ms\tPhase: init\tEnvironment: {number}\n" in lines
        assert f"MB\tInit Duration: N ms\tEnvironment: {number}\n" in lines
    # The start of an environment precedes that of its first invocation.
    starts = [line.split()[0] for line in server.lines if line.startswith(("INIT_", "START"))]
    assert starts == ["INIT_START", "INIT_REPORT", "START"] * 2
    assert lines.count("lifespan.startup") == 2


def test_cold_starts_and_throttling(project: Path) -> None:
    arguments = ("--source", "function-url", "--cold-start", "--throttle", "0.001")
    with serving("served.handler", *arguments, cwd=project) as server:
        address = server.address()
        assert [httpx.get(address).status_code for _ in range(2)] == [200, 429]
        assert server.stop() == 0


def test_environment_that_does_not_start(project: Path) -> None:
    with serving("no_such_module.handler", "--freeze", cwd=project) as server:
        assert server.wait() == 3
    assert any("Runtime.ImportModuleError" in line for line in server.lines)


def test_inspector_and_its_end(project: Path) -> None:
    """The stream of a page that is open keeps the server from nothing."""
    (project / "printing.py").write_text(
        "def handler(event, context):\n    print('printed')\n    return {'statusCode': 204}\n"
    )
    with serving("printing.handler", cwd=project) as server:
        address = server.address()
        with httpx.stream("GET", f"{address}/_lambda/stream") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "event: door"
            httpx.get(f"{address}/x")
            found = next(json.loads(line[6:]) for line in lines if '"status":204' in line)
            shown = httpx.get(f"{address}/_lambda/exchanges/{found['id']}").json()
            assert [entry["text"] for entry in shown["log"]] == ["printed"]
            assert server.stop() == 0


def test_claims(project: Path) -> None:
    (project / "plain.py").write_text(
        "def handler(event, context):\n    return event['requestContext']['authorizer']\n"
    )
    with serving("plain.handler", "--claims", '{"sub": "alice"}', cwd=project) as server:
        claims = httpx.get(server.address()).json()["jwt"]["claims"]
    assert claims == {"sub": "alice"}


def test_env_file(project: Path) -> None:
    (project / ".env").write_text("GREETING='good day'\n")
    with serving("served:app", "--env-file", ".env", "--host", "::1", cwd=project) as server:
        address = server.address()
        assert address.startswith("http://[::1]:")
        assert httpx.get(f"{address}/").text == "/ good day VERSION"


def test_terminated_server_shuts_the_application_down(project: Path) -> None:
    command = [sys.executable, "-m", "asgi_lambda", "serve", "served:handler", "--port", "0"]
    with subprocess.Popen(
        command,
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "lifespan.startup\n"
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
    assert out == "lifespan.shutdown\n"
    assert process.returncode == -signal.SIGTERM


def test_startup_that_fails(project: Path) -> None:
    with serving("served:no_startup", cwd=project) as server:
        assert server.wait() == 3
    assert any("LifespanFailed: no database" in line for line in server.lines)


def test_reload(project: Path) -> None:
    with serving("served:handler", "--reload", cwd=project) as server:
        address = server.address()
        assert httpx.get(f"{address}/").text == "/ None VERSION"
        with changing(project / "served.py", MODULE.replace("VERSION", "CHANGED")):
            assert server.address() == address
        assert httpx.get(f"{address}/").text == "/ None CHANGED"
        assert server.stop() == 0


def test_import_that_fails(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "broken.py").write_text("import no_such_module")
    monkeypatch.chdir(project)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert main(["serve", "broken:app"]) == 1
    assert "No module named 'no_such_module'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no_such_module:app"], "TARGET: expected a module 'no_such_module'"),
        (["json:dumps", "--env-file", "no.file"], "no.file: expected a text file to read"),
        (["examples.hello.app:app", "--source", "alb", "--stage", "s"], "one with stages"),
        (["examples.hello.app:app", "--concurrency", "0"], "concurrency: expected 1 at least"),
        (["examples.hello.app:app", "--throttle", "0"], "expected invocations per second, got 0"),
    ],
)
def test_usage_errors(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", *arguments]) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_without_uvicorn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    modules: Any = sys.modules
    monkeypatch.delitem(modules, "asgi_lambda.local.serve", raising=False)
    monkeypatch.setitem(modules, "uvicorn", None)
    assert main(["serve", "examples.hello.app:app"]) == 2
    expected = "error: serve: expected uvicorn, found none; install it, or asgi-lambda[local]"
    assert expected in capsys.readouterr().err


def test_fastapi_behind_a_stage() -> None:
    with serving("examples.fastapi.app:handler", "--source", "rest-api") as server:
        address = server.address()
        assert "/prod/openapi.json" in httpx.get(f"{address}/docs").text
        schema = httpx.get(f"{address}/openapi.json")
    assert json.loads(schema.text)["servers"] == [{"url": "/prod"}]
