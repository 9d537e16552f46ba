"""An example behind a front door on localhost, by the command of the README."""

from __future__ import annotations

import signal
import subprocess
import sys

import httpx

from scripts.example import CHECKOUT

# For the fixtures of this folder, which note the examples whose tests fail.
EXAMPLE = "fastapi"


def test_example_is_served_with_its_pages() -> None:
    program = str(CHECKOUT / "scripts/example.py")
    options = ["--serve", EXAMPLE, "--source", "rest-api", "--port", "0"]
    with subprocess.Popen(
        [sys.executable, program, *options], stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        lines = iter(server.stderr)
        address = next(line.split()[-1] for line in lines if line.startswith("Serving"))
        assert "/prod/openapi.json" in httpx.get(f"{address}docs").text
        assert httpx.get(f"{address}items/0").json()["link"] == f"{address}items/0"
        server.send_signal(signal.SIGINT)
        assert server.wait() == 0
        server.stderr.read()
