"""How uvicorn serves sockets as API Gateway does, and how a function learns where."""

from __future__ import annotations

import ipaddress
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.errors import ConfigurationError
from asgi_lambda.local.limits import FRAME, MESSAGE

if TYPE_CHECKING:
    import socket

# The variable that has the endpoint of `@connections`, for functions that are served.
ENDPOINT: Final = "ASGI_LAMBDA_WEBSOCKET_ENDPOINT"
# The first version of websockets that knows a limit for frames.
_OLDEST: Final = 16


def websocket_options() -> dict[str, Any]:
    """What uvicorn is told about sockets. Raises ConfigurationError without websockets."""
    try:
        found = version("websockets")
    except PackageNotFoundError:
        found = "none"
    if found == "none" or int(found.partition(".")[0]) < _OLDEST:
        raise ConfigurationError(
            f"serve: expected websockets {_OLDEST} or newer, found {found}; "
            "install it, or asgi-lambda[local]"
        )
    return {
        "ws": "websockets-sansio",
        # uvicorn hands both limits on as they are. A client that exceeds one is closed with 1009.
        "ws_max_size": (MESSAGE, FRAME),
        "ws_per_message_deflate": False,
        # API Gateway waits for its clients without a word.
        "ws_ping_interval": None,
    }


def endpoint(listener: socket.socket, prefix: str) -> str:
    """The URL below which `@connections` is, at a stage, seen from this machine."""
    host, port = listener.getsockname()[:2]
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    name = f"[{address}]" if address.version == 6 else str(address)
    return f"http://{name}:{port}{prefix}"
