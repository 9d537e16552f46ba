"""An application that says which runtime client serves it, and where modules come from."""

import json
import sys
from typing import Any

from asgi_lambda import adapt

CLIENTS = ("asgi_lambda.runtime.start", "awslambdaric.bootstrap")


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    await receive()
    told = {"clients": [name for name in CLIENTS if name in sys.modules], "path": sys.path[:4]}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})


handler = adapt(app)
