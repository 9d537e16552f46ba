"""The process of a function: its start, its end, and what it says where it cannot start."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import anyio
import pytest

from asgi_lambda.local.template import process as module
from asgi_lambda.local.template.process import NotStarted, Process
from tests.local.template.templates import read


def shop(folder: Path, **variables: str) -> Process:
    """The process of a function, which has its own folder for sockets."""
    stack = read(folder)
    function = stack.functions["Shop"]._replace(variables=variables)
    task = {"function": function, "doors": stack.doors_of("Shop")}
    return Process(function, {**task, "claims": None, "authorizer": None}, folder)


def test_starts_once_and_again_after_its_end(tmp_path: Path) -> None:
    async def main() -> None:
        process = shop(tmp_path)
        process.close()
        await process.ended()
        first, again = await asyncio.gather(process.socket(), process.socket())
        assert first == again
        assert await anyio.Path(first).is_socket()
        await process.gone(first)
        second = await process.socket()
        assert second != first
        # Somebody else noticed the end of the first one late.
        await process.gone(first)
        assert await process.socket() == second
        await process.ended()

    anyio.run(main)


def test_module_that_cannot_be_imported(tmp_path: Path) -> None:
    async def main() -> None:
        process = shop(tmp_path)
        code = tmp_path / "shop" / "app.py"
        good = code.read_text()
        code.write_text("import no_such_module")
        with pytest.raises(NotStarted, match="ModuleNotFoundError: No module named 'no_such_mo"):
            await process.socket()
        code.write_text(good)
        await process.socket()
        await process.ended()

    anyio.run(main)


def test_startup_that_fails(tmp_path: Path) -> None:
    async def main() -> None:
        with pytest.raises(NotStarted, match="no database"):
            await shop(tmp_path, FAILS="1").socket()

    anyio.run(main)


def test_module_that_ends_the_process(tmp_path: Path) -> None:
    async def main() -> None:
        process = shop(tmp_path)
        (tmp_path / "shop" / "app.py").write_text("import os; os._exit(5)")
        with pytest.raises(NotStarted, match="its process ended with status 5"):
            await process.socket()

    anyio.run(main)


class Stubborn:
    """A process that ends by force alone."""

    def __init__(self) -> None:
        self.stdin = self
        self.closed = False
        self._killed = asyncio.Event()

    def close(self) -> None:
        self.closed = True

    def kill(self) -> None:
        self._killed.set()

    async def wait(self) -> int:
        await self._killed.wait()
        return -9


def test_process_that_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        process: Any = shop(tmp_path)
        process._process = stubborn = Stubborn()
        await process.ended()
        assert stubborn.closed

    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    anyio.run(main)
