"""What `from asgi_lambda import adapt` loads, and which module may import which."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "asgi_lambda"

# Each layer may import those below it, never one beside or above it.
LAYERS = [
    {"__main__"},
    {"cli", "testing"},
    # The gateway streams as the runtime does, and runs it.
    {"local"},
    {"runtime"},
    {"__init__"},
    {"adapter"},
    {"other_event"},
    {"websocket"},
    {"application", "lifespan", "termination"},
    {"sources"},
    {"loops"},
    {"options"},
    {"response", "environment", "deadline", "protocols"},
    {"headers", "body", "url"},
    {"errors"},
]
# Types only: anybody may name them, nobody loads them.
TYPES = {"asgi_types", "lambda_types", "loop_types"}

LOADED = {
    "asgi_lambda",
    "asgi_lambda.adapter",
    "asgi_lambda.application",
    "asgi_lambda.body",
    "asgi_lambda.deadline",
    "asgi_lambda.environment",
    "asgi_lambda.errors",
    "asgi_lambda.headers",
    "asgi_lambda.lifespan",
    "asgi_lambda.loops",
    "asgi_lambda.loops.asyncio",
    "asgi_lambda.loops.asyncio_calls",
    "asgi_lambda.options",
    "asgi_lambda.protocols",
    "asgi_lambda.protocols.http",
    "asgi_lambda.protocols.lifespan",
    "asgi_lambda.response",
    "asgi_lambda.sources",
    "asgi_lambda.sources.alb",
    "asgi_lambda.sources.payload_v1",
    "asgi_lambda.sources.payload_v2",
    "asgi_lambda.sources.source",
    "asgi_lambda.termination",
    "asgi_lambda.url",
    # The only part of the standard library that asyncio does not load.
    "__future__",
}

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import asyncio
before = set(sys.modules)
from asgi_lambda import adapt
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        raise ValueError
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"ok"})
handler = adapt(app)
loaded = set(sys.modules) - before
http = {"method": "GET", "path": "/"}
event = {"rawPath": "/", "rawQueryString": "", "requestContext": {"http": http}, "headers": {}}
assert handler(event, None)["statusCode"] == 200
assert set(sys.modules) - before == loaded, "the first request loads more"
print(*sorted(loaded))
"""


def test_adapt_loads_these_modules_and_no_others() -> None:
    # Neither site-packages nor the environment: the package stands on the standard library alone.
    command = [sys.executable, "-S", "-I", "-c", PROGRAM, str(PACKAGE.parent)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert set(result.stdout.split()) == LOADED


LAZY = """
import sys
sys.path.insert(0, sys.argv[1])
from asgi_lambda import adapt
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        raise ValueError
    await receive()
    await send({"type": "websocket.accept"})
    await receive()
from asgi_lambda.websocket import DynamoDBStore
DynamoDBStore("connections")
handler = adapt(app)
context = {"connectionId": "x", "stage": "a", "domainName": "b.c"}
for kind in ("CONNECT", "DISCONNECT"):
    event = {"requestContext": {**context, "eventType": kind}}
    assert handler(event, None) == {"statusCode": 200}
"""


def test_a_connection_that_is_never_sent_to_needs_no_boto3() -> None:
    # Neither site-packages nor the environment, so that there is none.
    command = [sys.executable, "-S", "-I", "-c", LAZY, str(PACKAGE.parent)]
    subprocess.run(command, check=True)


def layer_of(module: str) -> int:
    return next(level for level, names in enumerate(LAYERS) if module in names)


def top(name: str) -> str:
    """The part of the package that a dotted name belongs to."""
    return name.split(".")[1] if "." in name else "__init__"


def imports_of(path: Path) -> set[str]:
    """The parts of the package that a module loads; not those it names for its types only."""
    parts: set[str] = set()
    for node in ast.walk(without_type_checking(ast.parse(path.read_text()))):
        if isinstance(node, ast.Import):
            parts.update(top(alias.name) for alias in node.names if is_ours(alias.name))
        elif isinstance(node, ast.ImportFrom) and is_ours(node.module or ""):
            names = [node.module or ""]
            if node.module == "asgi_lambda":
                names = [f"asgi_lambda.{a.name}" if is_module(a.name) else "" for a in node.names]
            parts.update(top(name) for name in names)
    return parts


def is_ours(name: str) -> bool:
    return name.partition(".")[0] == "asgi_lambda"


def is_module(name: str) -> bool:
    return (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file()


def without_type_checking(tree: ast.Module) -> ast.Module:
    tree.body = [
        node
        for node in tree.body
        if not (
            isinstance(node, ast.If)
            and isinstance(node.test, ast.Name)
            and node.test.id == "TYPE_CHECKING"
        )
    ]
    return tree


def part_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


@pytest.mark.parametrize(
    "path",
    sorted(PACKAGE.rglob("*.py")),
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_imports_run_downward(path: Path) -> None:
    part = part_of(path)
    parts = imports_of(path) - {part}
    if part in TYPES:
        return
    assert not parts & TYPES, "types are imported under TYPE_CHECKING only"
    upward = {other for other in parts if layer_of(other) <= layer_of(part)}
    assert not upward


@pytest.mark.parametrize(
    ("folder", "foreign"),
    [
        ("protocols", {"asyncio", "trio"}),
        ("sources", {"asyncio", "trio"}),
    ],
)
def test_some_parts_know_no_event_loop(folder: str, foreign: set[str]) -> None:
    for path in (PACKAGE / folder).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert foreign.isdisjoint(alias.name for alias in node.names)


@pytest.mark.parametrize(
    ("library", "modules"),
    [
        (
            "asyncio",
            {
                # The gateway runs on the loop of its server.
                "local/channel.py",
                "local/endpoint.py",
                "local/environment_process.py",
                "local/environments.py",
                "local/function.py",
                "local/gateway.py",
                "local/inspector.py",
                "local/runtime_api.py",
                "local/streamed_answer.py",
                "local/websocket_connection.py",
                "local/websocket_gateway.py",
                "local/template/forward.py",
                "local/template/process.py",
                "local/template/router.py",
                "loops/asyncio.py",
                "loops/asyncio_calls.py",
                # The Runtime API is called on the kept loop of asyncio, whatever applications use.
                "runtime/abroad.py",
                "runtime/api.py",
                "runtime/buffered.py",
                "runtime/connection.py",
                "runtime/delivery.py",
                "runtime/pathsend.py",
                "runtime/poller.py",
                "runtime/results.py",
                "runtime/service.py",
                "runtime/threads.py",
                "runtime/workers.py",
            },
        ),
        ("trio", {"loops/trio.py", "loops/trio_calls.py"}),
    ],
)
def test_only_these_name_an_async_library(library: str, modules: set[str]) -> None:
    named = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import) and any(a.name == library for a in node.names)
    }
    assert named == modules
