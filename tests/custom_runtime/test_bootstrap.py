"""The bootstrap of a runtime of one's own, alone and with a real interpreter and the emulator."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.emulator.binary import fetch
from tests.emulator.lambda_paths import PYTHON, with_custom_runtime
from tests.emulator.managed_instances import ManagedInstances
from tests.emulator.program import CHECKOUT, Program, clean_environment
from tests.runtime.double import Double
from tests.runtime.events import request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOOTSTRAP: Final = CHECKOUT / "examples/custom_runtime/bootstrap"
SCRIPT: Final = CHECKOUT / "asgi_lambda/runtime/asgi_lambda_bootstrap.py"
SYSTEM: Final = "/usr/bin:/bin"
# Writes what it is given.
TELLS: Final = """#!/bin/sh
printf '%s\\n' "${0##*/}" "$@" "in $PWD"
"""
# The function that a runtime serves, and no part of it.
APPLICATION: Final = """
import os
import sys

from asgi_lambda import adapt


async def app(scope, receive, send):
    told = [scope["path"], os.getcwd(), asgi_lambda_from(), str(os.getpid())]
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": "\\n".join(told).encode()})


def asgi_lambda_from():
    return sys.modules["asgi_lambda"].__path__[0]


handler = adapt(app)
"""


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    """The folder of a runtime, as the Dockerfile makes it, without the package."""
    folder = tmp_path / "a runtime"
    folder.mkdir()
    for each in (BOOTSTRAP, SCRIPT):
        shutil.copy(each, folder)
    return folder


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """The folder of a function."""
    folder = tmp_path / "a function"
    folder.mkdir()
    (folder / "app.py").write_text(APPLICATION)
    return folder


@pytest.fixture
def interpreter(tmp_path: Path) -> str:
    """PATH with a `python3` that only tells what it is given."""
    folder = tmp_path / "bin"
    folder.mkdir()
    executable(folder / "python3")
    return f"{folder}:{SYSTEM}"


def executable(path: Path, text: str = TELLS) -> str:
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def run(bootstrap: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [bootstrap],
        env=clean_environment(variables),
        capture_output=True,
        text=True,
        check=False,
    )


def test_python_runs_the_script_beside_it_in_the_folder_of_the_function(
    runtime: Path, task: Path, interpreter: str
) -> None:
    done = run(runtime / "bootstrap", PATH=interpreter, LAMBDA_TASK_ROOT=str(task))

    script = str(runtime / "asgi_lambda_bootstrap.py")
    assert done.stdout.splitlines() == ["python3", script, f"in {task}"]
    assert (done.stderr, done.returncode) == ("", 0)


def test_a_wrapper_gets_what_lambda_would_give_it(
    runtime: Path, task: Path, interpreter: str, tmp_path: Path
) -> None:
    wrapper = executable(tmp_path / "a wrapper")

    done = run(
        runtime / "bootstrap",
        PATH=interpreter,
        LAMBDA_TASK_ROOT=str(task),
        AWS_LAMBDA_EXEC_WRAPPER=wrapper,
    )

    python = interpreter.partition(":")[0] + "/python3"
    script = str(runtime / "asgi_lambda_bootstrap.py")
    assert done.stdout.splitlines() == ["a wrapper", python, script, f"in {task}"]


def test_without_python_it_says_so(runtime: Path, tmp_path: Path) -> None:
    # The shell needs none.
    done = run(runtime / "bootstrap", PATH=str(tmp_path))

    assert (done.returncode, done.stdout) == (127, "")
    assert done.stderr == f"bootstrap: expected python3 on PATH, which is {tmp_path}\n"


def test_without_its_script_it_says_so(runtime: Path, interpreter: str) -> None:
    (runtime / "asgi_lambda_bootstrap.py").unlink()

    done = run(runtime / "bootstrap", PATH=interpreter)

    assert (done.returncode, done.stdout) == (127, "")
    expected = f"bootstrap: expected asgi_lambda_bootstrap.py in {runtime} or /opt\n"
    assert done.stderr == expected


def test_function_is_served_from_a_zip_that_has_all_of_it(
    runtime: Path, task: Path, tmp_path: Path
) -> None:
    """As with `provided.al2023` and no layer but that of Python."""
    shutil.copytree(runtime, task, dirs_exist_ok=True)
    (task / "asgi_lambda").symlink_to(CHECKOUT / "asgi_lambda")
    (tmp_path / "opt").mkdir()
    (tmp_path / "opt/python3").symlink_to(sys.executable)
    with Double() as api:
        variables = {
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "LAMBDA_TASK_ROOT": str(task),
            "PATH": f"{tmp_path / 'opt'}:{SYSTEM}",
            "_HANDLER": "app.handler",
            "PYTHONPATH": "",
        }
        environment = clean_environment(variables)
        with Program(command=[str(task / "bootstrap")], environment=environment):
            answer = api.invoke(request("/here")).content

    assert answer["body"].splitlines()[:3] == ["/here", str(task), str(task / "asgi_lambda")]


@pytest.fixture
def standard(task: Path) -> Iterator[tuple[Double, Program]]:
    """The runtime in the paths of Lambda, and the function that it does not have."""
    with Double() as api:
        command, places = with_custom_runtime(["/var/runtime/bootstrap"], task)
        variables = {
            **places,
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "PATH": f"{PYTHON}:{SYSTEM}",
            "LD_LIBRARY_PATH": "/var/python/lib",
            "_HANDLER": "app.handler",
            "PYTHONPATH": "",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with Program(command=command, environment=clean_environment(variables)) as program:
            yield api, program


IN_LAMBDA: Final = ["/var/task", "/var/runtime/asgi_lambda"]


def test_function_is_served_in_the_paths_of_lambda(standard: tuple[Double, Program]) -> None:
    api, program = standard

    answer: Any = api.invoke(request("/here")).content

    assert answer["body"].splitlines()[:3] == ["/here", *IN_LAMBDA], program.log


def test_eight_at_once_are_served_by_one_process_of_the_emulator(task: Path) -> None:
    variables = {
        "PATH": f"{PYTHON}:{SYSTEM}",
        "LD_LIBRARY_PATH": "/var/python/lib",
        "PYTHONPATH": "",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with ManagedInstances(
        binary=fetch(),
        paths=partial(with_custom_runtime, task=task),
        handler="app.handler",
        variables=variables,
        count=8,
    ) as instances:
        instances.invoke(request("/ready"))
        answers = instances.invoke_all(*(request(f"/{number}") for number in range(8)))

    told = [json.loads(answer.body)["body"].splitlines() for answer in answers]
    assert [each[:3] for each in told] == [[f"/{number}", *IN_LAMBDA] for number in range(8)]
    assert len({each[3] for each in told}) == 1
