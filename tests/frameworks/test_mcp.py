"""MCP servers, both major versions: their session manager can run only once in a process's life."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.frameworks.front_doors import FRONT_DOORS

_ROOT = Path(__file__).parents[2]
_OLDER = "1.30.0"


@pytest.fixture(scope="session")
def older() -> str:
    """A folder with the older major version, which cannot share an environment with the newer."""
    folder = _ROOT / ".cache" / "mcp-1" / f"{_OLDER}-{sys.implementation.cache_tag}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            command = [sys.executable, "-m", "pip", "install", "--quiet", f"mcp=={_OLDER}"]
            subprocess.run([*command, "--target", temporary], check=True)
            # Renamed when it is complete, so that a run that was interrupted leaves nothing behind.
            Path(temporary).rename(folder)
            Path(temporary).mkdir()
    return str(folder)


def run(*folders: str) -> dict[str, Any]:
    """What `mcp_calls` prints, with these folders in front of the environment's own."""
    completed = subprocess.run(
        [sys.executable, "-m", "tests.frameworks.mcp_calls"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([*folders, str(_ROOT)])},
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    report: dict[str, Any] = json.loads(completed.stdout)
    return report


@pytest.fixture(scope="session", params=["1", "2"], ids=lambda major: f"mcp-{major}")
def report(request: pytest.FixtureRequest) -> dict[str, Any]:
    folders = [request.getfixturevalue("older")] if request.param == "1" else []
    report = run(*folders)
    assert report["version"].startswith(f"{request.param}.")
    return report


@pytest.mark.parametrize("kind", ["json", "sse"])
@pytest.mark.parametrize("door", [door.name for door in FRONT_DOORS])
def test_every_call_of_three_warm_sessions_succeeds(
    report: dict[str, Any], door: str, kind: str
) -> None:
    sessions = report["sessions"][f"{door} {kind}"]

    assert sessions == [
        {
            # A notification is accepted, and has no answer.
            "statuses": [200, 202, 200, 200],
            "server": "adder",
            "tools": ["add"],
            "result": str(number + 1),
        }
        for number in range(3)
    ]


def test_nothing_is_logged_on_the_way(report: dict[str, Any]) -> None:
    assert report["complaints"] == []
