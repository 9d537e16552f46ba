"""Every function of the template at home, behind every front door that it has."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from scripts.example import CHECKOUT, environment, names
from tests.local.serving import serving

# For the fixtures of this folder, which note the examples whose tests fail.
EXAMPLE = "hello"
# With the load balancer.
PARAMETERS = ["--parameter-overrides", "VpcId=vpc-1", "SubnetIds=a,b"]


def test_all_functions_are_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two examples ask AWS; here nobody is there, and nobody else is asked.
    aws = {"ENDPOINT_URL": "http://127.0.0.1:9", "DEFAULT_REGION": "us-east-1"}
    for name, value in {**aws, "ACCESS_KEY_ID": "none", "SECRET_ACCESS_KEY": "none"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    shutil.copy(CHECKOUT / "template.yaml", tmp_path)
    shutil.copytree(CHECKOUT / "examples", tmp_path / "examples")
    (tmp_path / "asgi_lambda").symlink_to(CHECKOUT / "asgi_lambda")
    for name in names():
        installed = environment(name).parents[1]
        (tmp_path / "examples" / name / ".venv").symlink_to(installed)
    with serving("--template", "template.yaml", *PARAMETERS, cwd=tmp_path) as server:
        address = server.address()
        lines = [line for line in server.lines if " at http://" in line and "(" in line]
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda line: ask(address, line), lines))
        assert server.stop() == 0
    functions = {line.partition(":")[0] for line in lines}
    assert len(functions) == len(names())
    assert len(lines) == len(functions) + 7
    # What a function answers to a path of nobody is its own matter; nobody fails to start, and
    # only the one that would ask S3 fails.
    assert {name for name, status, _ in answers if status >= 500} <= {"Files"}
    assert [text for _, _, text in answers if "could not start" in text] == []


def ask(address: str, line: str) -> tuple[str, int, str]:
    """A function, its status and its text; line: what `serve` tells of it."""
    name, _, rest = line.partition(": ")
    url = httpx.URL(rest.split()[2])
    there = httpx.URL(address).copy_with(path=url.path)
    headers = {"host": f"{url.host}:{url.port}"}
    response = httpx.get(there, headers=headers, timeout=60)
    return name, response.status_code, response.text
