"""The exec wrapper, alone with fakes of what is around it, and with a real interpreter."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from typing import TYPE_CHECKING, Final

import pytest

from asgi_lambda.runtime import asgi_lambda_bootstrap
from tests.emulator.program import CHECKOUT, Program, clean_environment
from tests.runtime.double import Double

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = CHECKOUT / "asgi_lambda" / "runtime"
WRAPPER: Final = FOLDER / "asgi-lambda-runtime"
BOOTSTRAP: Final = FOLDER / "asgi_lambda_bootstrap.py"

# What the interpreter is asked to run: by Lambda, by AWS's images of an earlier time, by nobody.
SHAPES: Final = {
    "a script": ("/var/runtime/bootstrap.py",),
    "a module": ("-m", "awslambdaric", "app.handler"),
    "nothing": (),
}
# Writes what it is given: its arguments and its handler.
TELLS: Final = """#!/bin/sh
printf '%s\\n' "interpreter" "$@" "$_HANDLER" "next: ${ASGI_LAMBDA_NEXT_WRAPPER:-none}"
"""
# As AWS's guide writes one: its option goes before the last argument. Like those of tracing tools
# it puts a handler of its own in front.
ANOTHER_WRAPPER: Final = """#!/bin/bash
args=("$@")
export _HANDLER=traced.handler
exec "${args[@]:0:$#-1}" -X importtime "${args[@]: -1}"
"""
WHERE: Final = """
import sys

def handler(event, context):
    return {"path": sys.path, "argv": sys.argv, "event": event}
"""


def executable(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def interpreter(tmp_path: Path) -> str:
    """One that only tells what it is given."""
    return executable(tmp_path / "python3", TELLS)


def run(
    *command: str, wrapper: Path | str = WRAPPER, **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = clean_environment({"_HANDLER": "app.handler", **variables})
    # The checkout is no part of what these find.
    del environment["PYTHONPATH"]
    return subprocess.run(
        [wrapper, *command], env=environment, capture_output=True, text=True, check=False
    )


def assert_refused(done: subprocess.CompletedProcess[str], why: str) -> None:
    assert (done.returncode, done.stdout) == (127, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("asgi-lambda-runtime: ")
    assert why in line


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_interpreter_gets_the_script_beside_the_wrapper(
    interpreter: str, shape: tuple[str, ...]
) -> None:
    done = run(interpreter, *shape)

    expected = ["interpreter", str(BOOTSTRAP), "app.handler", "next: none"]
    assert (done.stdout.splitlines(), done.stderr, done.returncode) == (expected, "", 0)


def test_so_it_does_in_the_layer(interpreter: str, tmp_path: Path) -> None:
    layer = tmp_path / "a layer"
    layer.mkdir()
    wrapper, bootstrap = (shutil.copy(each, layer) for each in (WRAPPER, BOOTSTRAP))

    assert str(bootstrap) in run(interpreter, wrapper=wrapper).stdout.splitlines()


def test_an_interpreter_is_found_by_its_name_too(interpreter: str, tmp_path: Path) -> None:
    done = run("python3", "/var/runtime/bootstrap.py", PATH=f"{tmp_path}:/usr/bin:/bin")

    assert done.stdout.splitlines()[:2] == ["interpreter", str(BOOTSTRAP)]


def test_the_next_wrapper_gets_what_lambda_would_give_it(interpreter: str, tmp_path: Path) -> None:
    another = executable(tmp_path / "another wrapper", ANOTHER_WRAPPER)

    done = run(interpreter, "/var/runtime/bootstrap.py", ASGI_LAMBDA_NEXT_WRAPPER=another)

    told = ["interpreter", "-X", "importtime", str(BOOTSTRAP), "traced.handler", "next: none"]
    assert done.stdout.splitlines() == told


def test_a_wrapper_that_is_its_own_next_ends(interpreter: str) -> None:
    done = run(interpreter, ASGI_LAMBDA_NEXT_WRAPPER=str(WRAPPER))

    assert done.stdout.splitlines()[:2] == ["interpreter", str(BOOTSTRAP)]


@pytest.mark.parametrize("arguments", [(), ("",), ("/absent/python3", "/var/runtime/bootstrap.py")])
def test_without_an_interpreter_it_says_so(arguments: tuple[str, ...]) -> None:
    got = arguments[0] if arguments else ""
    assert_refused(run(*arguments), f"an interpreter as the first argument, got '{got}'")


def test_without_its_script_it_says_so(interpreter: str, tmp_path: Path) -> None:
    alone = tmp_path / "bin"
    alone.mkdir()
    wrapper = shutil.copy(WRAPPER, alone)

    assert_refused(run(interpreter, wrapper=wrapper), f"{alone}/asgi_lambda_bootstrap.py")


@pytest.mark.parametrize("what", ["absent", "no program", "a folder"])
def test_without_the_next_wrapper_it_says_so(interpreter: str, tmp_path: Path, what: str) -> None:
    path = tmp_path / "next"
    if what == "no program":
        path.write_text(TELLS)
    elif what == "a folder":
        path.mkdir()

    done = run(interpreter, ASGI_LAMBDA_NEXT_WRAPPER=str(path))

    assert_refused(done, f"ASGI_LAMBDA_NEXT_WRAPPER: expected an executable, got '{path}'")


def test_without_the_package_it_says_so(tmp_path: Path) -> None:
    venv.create(tmp_path / "empty", symlinks=True)
    # In the layer, since beside the wrapper of a checkout there is the package.
    layer = tmp_path / "layer"
    layer.mkdir()
    wrapper, _ = (shutil.copy(each, layer) for each in (WRAPPER, BOOTSTRAP))

    done = run(
        str(tmp_path / "empty/bin/python"), wrapper=wrapper, LAMBDA_TASK_ROOT=str(tmp_path / "task")
    )

    assert_refused(done, f"expected the package asgi_lambda in {tmp_path / 'task'}, /opt/python/")


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"PYTHONSAFEPATH": "1"},
        {"ASGI_LAMBDA_WORKERS": "2", "AWS_LAMBDA_MAX_CONCURRENCY": "2"},
    ],
    ids=["alone", "safe", "workers"],
)
def test_function_is_served_with_the_path_of_awss_client(
    tmp_path: Path, more: dict[str, str]
) -> None:
    (tmp_path / "where.py").write_text(WHERE)
    with Double() as api:
        variables = {
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "LAMBDA_TASK_ROOT": str(tmp_path),
            "_HANDLER": "where.handler",
            "PYTHONPATH": f"/var/runtime:{CHECKOUT}",
            **more,
        }
        command = [str(WRAPPER), sys.executable, "/var/runtime/bootstrap.py"]
        with Program(command=command, environment=clean_environment(variables)):
            told = json.loads(api.invoke({"a": 1}).body)

    python = "python{}.{}".format(*sys.version_info)
    assert told["path"][:5] == [
        str(tmp_path),
        f"/opt/python/lib/{python}/site-packages",
        "/opt/python",
        "/var/runtime",
        str(CHECKOUT),
    ]
    assert len(told["path"]) == len(set(told["path"]))
    assert str(FOLDER) not in told["path"]
    assert (told["event"], told["argv"]) == ({"a": 1}, [str(BOOTSTRAP)])


def test_the_status_of_a_missing_package_is_that_of_a_missing_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "asgi_lambda")
    monkeypatch.setattr(sys, "path", ["the folder of the script"])
    monkeypatch.setenv("LAMBDA_TASK_ROOT", "/absent")

    assert asgi_lambda_bootstrap.main() == 127
    said = capsys.readouterr().err
    assert said.startswith("asgi-lambda-runtime: expected the package asgi_lambda in /absent, ")
    assert "the folder of the script" not in said
