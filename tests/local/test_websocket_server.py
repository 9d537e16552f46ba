"""What uvicorn is told about sockets, and a function about its endpoint."""

from __future__ import annotations

import socket
from importlib.metadata import PackageNotFoundError

import pytest

from asgi_lambda import ConfigurationError
from asgi_lambda.local import websocket_server
from asgi_lambda.local.websocket_server import endpoint, websocket_options


def test_options() -> None:
    assert websocket_options() == {
        "ws": "websockets-sansio",
        "ws_max_size": (131_072, 32_768),
        "ws_per_message_deflate": False,
        "ws_ping_interval": None,
    }


def test_without_websockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(websocket_server, "version", version)
    with pytest.raises(ConfigurationError, match=r"found none; install it, or asgi-lambda\[local"):
        websocket_options()


def test_old_websockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket_server, "version", lambda name: "15.0.1")
    with pytest.raises(
        ConfigurationError, match=r"expected websockets 16 or newer, found 15\.0\.1"
    ):
        websocket_options()


@pytest.mark.parametrize(
    ("family", "host", "seen"),
    [
        (socket.AF_INET, "127.0.0.1", "127.0.0.1"),
        (socket.AF_INET, "0.0.0.0", "127.0.0.1"),
        (socket.AF_INET6, "::1", "[::1]"),
        (socket.AF_INET6, "::", "[::1]"),
    ],
)
def test_endpoint(family: socket.AddressFamily, host: str, seen: str) -> None:
    with socket.socket(family) as listener:
        listener.bind((host, 0))
        port = listener.getsockname()[1]
        assert endpoint(listener, "/dev") == f"http://{seen}:{port}/dev"
