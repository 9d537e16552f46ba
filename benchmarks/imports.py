"""Imports and first answers: the part of a cold start that an adapter adds, in fresh processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from asgi_lambda.sources.payload_v2 import HTTP_API
from benchmarks.events import client_request, http_api
from benchmarks.measure import ASGI_LAMBDA, FLOOR, MANGUM, Block

# What a function's package holds: both adapters and what they depend on.
_PACKAGED: Final = ("asgi_lambda", "mangum", "typing_extensions")
_MODULES: Final = ("applications.py", "context.py")

# Before the clock runs asyncio is there: every ASGI application needs it.
_BEFORE: Final = "import asyncio, time\n"


class Program(NamedTuple):
    """What a process does before the clock runs, and while it does."""

    before: str
    timed: str

    def whole(self) -> str:
        """The source, which prints the seconds."""
        return (
            f"{self.before}\nbegan = time.perf_counter()\n{self.timed}\n"
            "print(time.perf_counter() - began)"
        )


def import_statements() -> dict[str, Program]:
    """The program of each contender, timing its import alone."""
    timed = {
        FLOOR: "import empty",
        MANGUM: "from mangum import Mangum",
        ASGI_LAMBDA: "from asgi_lambda import adapt",
    }
    return {name: Program(_BEFORE, each) for name, each in timed.items()}


def first_answers() -> dict[str, Program]:
    """The program of each contender, timing its import, its adapter's making and one call.

    What is imported only when a call needs it counts here.
    """
    event = http_api(client_request())
    scope = {**HTTP_API.parse(event)[0], "state": {}}
    before = f"""{_BEFORE}
from applications import hello
from context import Context
event, context, scope = {event!r}, Context(request_id="1"), {scope!r}
async def receive(): return {{"type": "http.request", "body": b""}}
async def send(message): pass
"""
    timed = {
        FLOOR: "asyncio.new_event_loop().run_until_complete(hello(scope, receive, send))",
        MANGUM: "from mangum import Mangum\nMangum(hello, lifespan='off')(event, context)",
        ASGI_LAMBDA: "from asgi_lambda import adapt\nadapt(hello, lifespan='off')(event, context)",
    }
    return {name: Program(before, each) for name, each in timed.items()}


@contextmanager
def process_blocks(
    programs: Mapping[str, Program], *, compiled: bool
) -> Iterator[Mapping[str, Block]]:
    """A block of one fresh process for each contender.

    Both adapters lie in one folder, as a function's package has them. compiled: whether there are
    .pyc files; without them each process compiles what it imports while the clock runs.
    """
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        task = folder / "task"
        task.mkdir()
        for name in _PACKAGED:
            _copy(_origin(name), task)
        for name in _MODULES:
            _copy(Path(__file__).parent / name, task)
        (task / "empty.py").touch()
        # Nothing that the caller's environment says about Python must reach the processes, least of
        # all that they shall write no .pyc files.
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
        }
        environment["PYTHONPATH"] = str(task)
        environment["PYTHONPYCACHEPREFIX"] = str(folder / "pyc")
        # Without `site`, whose .pth files import what they like.
        command = [sys.executable, "-S"]

        def run(*arguments: str) -> str:
            return subprocess.run(
                [*command, *arguments],
                env=environment,
                cwd=folder,
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            ).stdout

        def block(program: Program) -> Block:
            source = program.whole()
            return lambda: float(run("-B", "-c", source))

        # What comes before the clock is compiled in any case: it is not measured, and takes long.
        for program in programs.values():
            run("-c", program.whole() if compiled else program.before)
        yield {name: block(program) for name, program in programs.items()}


def _origin(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"expected {name} to be installed")
    origin = Path(spec.origin)
    return origin.parent if spec.submodule_search_locations else origin


def _copy(origin: Path, folder: Path) -> None:
    if origin.is_dir():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(origin, folder / origin.name, ignore=ignored)
    else:
        shutil.copy(origin, folder)
