"""An example behind a front door on localhost, by the command of the README."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from websockets.sync.client import connect

from scripts.example import CHECKOUT

# For the fixtures of this folder, which note the examples whose tests fail.
EXAMPLE = "fastapi"
SECONDS = 60


@contextmanager
def served(*options: str) -> Iterator[str]:
    """Where the command of the README serves an example, on a port that is free."""
    program = str(CHECKOUT / "scripts/example.py")
    with subprocess.Popen(
        [sys.executable, program, "--serve", *options, "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr is not None
        lines = iter(server.stderr)
        try:
            yield next(line.split()[-1] for line in lines if line.startswith("Serving"))
        finally:
            server.send_signal(signal.SIGINT)
            server.stderr.read()
        assert server.wait() == 0


def test_example_is_served_with_its_pages() -> None:
    with served(EXAMPLE, "--source", "rest-api") as address:
        assert "/prod/openapi.json" in httpx.get(f"{address}docs").text
        assert httpx.get(f"{address}items/0").json()["link"] == f"{address}items/0"


def test_chat_is_served_to_two() -> None:
    with (
        served("chat", "--source", "websocket-api") as address,
        connect(address, proxy=None) as ada,
        connect(address, proxy=None) as bela,
    ):
        heard = [{"joined": "Ada"}, {"joined": "Béla"}, {"from": "Béla", "text": "žito"}]
        ada.send(json.dumps({"name": "Ada"}))
        assert json.loads(ada.recv(SECONDS)) == heard[0]
        for message in ({"name": "Béla"}, {"text": "žito"}):
            bela.send(json.dumps(message))
        assert [json.loads(ada.recv(SECONDS)) for _ in range(2)] == heard[1:]
        assert [json.loads(bela.recv(SECONDS)) for _ in range(2)] == heard[1:]
