#!/usr/bin/env python3
"""Runs an example in an environment of its own, made when it is needed.

    python3 scripts/example.py [--serve] NAME [ARGUMENT ...]

NAME is a folder of examples/. The arguments are those of `python -m asgi_lambda invoke` behind its
target: a path, `--source rest-api`, and so on; with --serve they are those of `serve`. Needs the
standard library alone; uv is used where it is on PATH, since it installs faster.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parent.parent
EXAMPLES: Final = CHECKOUT / "examples"
_SERVER: Final = ("uvicorn>=0.35",)
# To answer a client a function calls AWS's API, and so the gateway.
_WEBSOCKETS: Final = (*_SERVER, "websockets>=16", "boto3")


class CannotInstall(Exception):
    """What an example needs could not be installed; says why."""


def names() -> list[str]:
    """The examples, by the names of their folders."""
    return sorted(path.parent.name for path in EXAMPLES.glob("*/app.py"))


def without_dependencies(requirements: Path) -> bool:
    """Whether a file lists all that is needed, because no resolver accepts its old pins."""
    return "pip install --no-deps" in requirements.read_text().partition("\n")[0]


def environment(name: str, *extra: str) -> Path:
    """The interpreter of an example's environment, for the Python that runs this.

    extra: what else to install, in an environment apart from the plain one.
    """
    requirements = EXAMPLES / name / "requirements.txt"
    version = "{}.{}".format(*sys.version_info)
    purpose = hashlib.sha256("\n".join(extra).encode()).hexdigest()[:8] if extra else "plain"
    folder = CHECKOUT / f".venv-examples-{version}" / name / purpose
    python = folder / "bin" / "python"
    installed = folder / "installed"
    wanted = "\n".join([sys.version, sys.base_prefix, requirements.read_text(), *extra])
    if not installed.is_file() or installed.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        options = ["--no-deps"] if without_dependencies(requirements) else []
        make, install = _commands(folder, python)
        _run(make)
        _run([*install, *options, "--requirement", str(requirements)])
        if extra:
            _run([*install, *extra])
        installed.write_text(wanted)
    return python


def _commands(folder: Path, python: Path) -> tuple[list[str], list[str]]:
    """What makes an environment, and what installs into it."""
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is None:
        make = [sys.executable, "-m", "venv", str(folder)]
        return make, [str(python), "-m", "pip", "install", "--quiet"]
    make = [uv, "venv", "--quiet", "--python", sys.executable, str(folder)]
    return make, [uv, "pip", "install", "--quiet", "--python", str(python)]


def _run(command: list[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise CannotInstall(f"{' '.join(command)}\n{result.stdout}{result.stderr}")


def _served_by(arguments: list[str]) -> tuple[str, ...]:
    return _WEBSOCKETS if "websocket-api" in " ".join(arguments) else _SERVER


def main(arguments: list[str]) -> int:
    """Run a command on an example; the exit status is its own, 2 for a wrong name."""
    serve = arguments[:1] == ["--serve"]
    if serve:
        del arguments[0]
    if not arguments or arguments[0] not in names():
        print(__doc__, "\nThe examples: ", ", ".join(names()), sep="", file=sys.stderr)
        return 2
    name, *rest = arguments
    try:
        python = environment(name, *_served_by(rest)) if serve else environment(name)
    except CannotInstall as error:
        print(f"expected to install what {name} needs, got:\n{error}", file=sys.stderr)
        return 1
    command = [str(python), "-m", "asgi_lambda", "serve" if serve else "invoke"]
    command += [f"examples.{name}.app:handler", *rest]
    # The paths of files among the arguments are relative to where the caller is.
    path = os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")]))
    variables = {**os.environ, "PYTHONPATH": path}
    if serve:  # in place of this process, so that signals reach the server alone
        os.execve(python, command, variables)
    return subprocess.run(command, env=variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
