"""The exec wrapper of the layer, in containers as Lambda's.

Not collected with the other tests, which need no Docker: `tests/sam/run` names the file.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from tests.sam.commands import CHECKOUT, asgi_lambda, build

if TYPE_CHECKING:
    from pathlib import Path

SERVED_BY: Final = {
    "Unwrapped": "awslambdaric.bootstrap",
    "Wrapped": "asgi_lambda.runtime.start",
    "Chained": "asgi_lambda.runtime.start",
}
# Seconds for one invocation, the image of its layer included.
PATIENCE: Final = 180


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    template = CHECKOUT / "tests/sam/wrapper/template.yaml"
    return build(template=template, folder=tmp_path_factory.mktemp("wrapper"))


def invoke(function: str, template: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """An invocation, whatever comes of it."""
    event = folder / "event.json"
    event.write_text(asgi_lambda("event", "/", "--source", "function-url"))
    command = ["sam", "local", "invoke", function, "--template", str(template)]
    return subprocess.run(
        [*command, "--event", str(event), "--skip-pull-image"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("function", SERVED_BY)
def test_function_is_served_by_this_client(built: Path, tmp_path: Path, function: str) -> None:
    done = invoke(function, built, tmp_path)

    assert done.returncode == 0, done.stderr
    told = json.loads(json.loads(done.stdout.splitlines()[-1])["body"])
    assert told["clients"] == [SERVED_BY[function]]
    site = "/opt/python/lib/python3.11/site-packages"
    ours = ["/var/task", site, "/opt/python", "/var/runtime"]
    if function != "Unwrapped":
        assert told["path"] == ours
    assert ("another wrapper was here" in done.stderr) == (function == "Chained")


def test_missing_next_wrapper_ends_the_function_and_says_so(built: Path, tmp_path: Path) -> None:
    done = invoke("Broken", built, tmp_path)

    assert "expected an executable, got '/opt/absent'" in done.stderr
    assert "exit status 127" in done.stderr
    assert '"statusCode": 200' not in done.stdout
