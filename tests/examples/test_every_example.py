"""What holds for every example: it starts, it is typed, and it has its place everywhere."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.example import CHECKOUT, EXAMPLES, environment, names
from tests.examples import systems

NAMES = names()


def test_each_folder_is_a_system_of_the_table() -> None:
    # `custom_runtime` is no application.
    folders = {path.parent.name for path in EXAMPLES.glob("*/requirements*.txt")}

    assert folders == set(NAMES) == set(systems.SYSTEMS)


@pytest.mark.parametrize("name", NAMES)
def test_example_has_what_it_needs(name: str) -> None:
    module = ast.parse((EXAMPLES / name / "app.py").read_text())
    last = module.body[-1]

    assert "What to know:" in (ast.get_docstring(module) or "")
    assert (EXAMPLES / name / "requirements.txt").is_file()
    assert (Path(__file__).parent / f"test_{name}.py").is_file()
    assert isinstance(last, ast.Assign), "adapt is the last statement"
    assert ast.unparse(last).startswith("handler = adapt(")


def test_the_command_of_the_readme_runs_an_example_and_so_does_what_it_stands_for() -> None:
    readme = (CHECKOUT / "README.md").read_text()
    [command] = re.findall(r"^\$ python3 (scripts/example\.py (\w+) .*)$", readme, re.M)
    [long] = re.findall(r"`python (-m asgi_lambda invoke examples\.(\w+)\.app:handler .*)`", readme)
    assert command[1] == long[1]

    for python, words in ((sys.executable, command[0]), (environment(long[1]), long[0])):
        done = subprocess.run(
            [str(python), *words.split()], cwd=CHECKOUT, capture_output=True, text=True, check=False
        )
        assert done.stdout.startswith("HTTP/1.1 200 OK\n"), done.stderr


def stubs(name: str) -> list[str]:
    """Types of what has none itself; a function does not need them, so they are apart."""
    path = EXAMPLES / name / "requirements-types.txt"
    lines = path.read_text().splitlines() if path.is_file() else []
    return [line for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("name", NAMES)
def test_example_is_typed(name: str) -> None:
    # What it imports is in its own environment, and in no other.
    # The package is checked elsewhere: trio, which it names, is not in all of these.
    command = [sys.executable, "-m", "mypy", "--follow-imports", "silent"]
    python = environment(name, *stubs(name))
    command += ["--python-executable", str(python), str(EXAMPLES / name / "app.py")]
    result = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert result.stdout.startswith("Success"), result.stdout + result.stderr
