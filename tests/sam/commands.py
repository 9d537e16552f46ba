"""SAM's commands as the tests of this folder run them; `tests/sam/run` has put them on PATH."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT: Final = Path(__file__).parents[2]
# The version of the containers that `tests/sam/run` provides.
RUNTIME: Final = "Runtime=python3.11"
# Seconds for whatever is neither a build of all examples nor refused at once.
_PATIENCE: Final = 180


def run(*command: str, folder: Path = CHECKOUT, timeout: float = _PATIENCE) -> str:
    """What a command writes to stdout; it has to succeed."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def asgi_lambda(*arguments: str) -> str:
    """What the package's own command line says."""
    return run(sys.executable, "-m", "asgi_lambda", *arguments)


def build(
    *, template: Path, folder: Path, parameters: tuple[str, ...] = (), function: str | None = None
) -> Path:
    """The template as `sam build` leaves it in `folder`. function: the one to build, None: all."""
    # No cache: that of the checkout is for template.yaml.
    options = ["--build-dir", str(folder / "build"), "--no-cached"]
    if parameters:
        options += ["--parameter-overrides", *parameters]
    names = [] if function is None else [function]
    run("sam", "build", *names, "--template", str(template), *options)
    return folder / "build" / "template.yaml"


@contextmanager
def serving(*, template: Path, log: Path) -> Iterator[str]:
    """The address at which `sam local start-api` serves a template that is built."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["sam", "local", "start-api", "--template", str(template), "--port", str(port)]
    command += ["--skip-pull-image", "--warm-containers", "EAGER"]
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, cwd=CHECKOUT, stdout=output, stderr=output, stdin=subprocess.DEVNULL
        ) as process,
    ):
        try:
            give_up = time.monotonic() + _PATIENCE
            while "Running on" not in log.read_text():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < give_up, log.read_text()
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            # SAM removes its container at both; but a process started in the background of a
            # script ignores SIGINT.
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def containers() -> set[str]:
    """Containers of Lambda's images, running or not."""
    lines = run("docker", "ps", "--all", "--format", "{{.ID}} {{.Image}}").splitlines()
    return {line for line in lines if "lambda" in line}
