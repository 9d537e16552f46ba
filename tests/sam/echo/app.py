"""The application behind SAM's local APIs: it says what it was asked."""

import json
from typing import Any

from asgi_lambda import adapt

BYTES = bytes(range(256)) * 40
TEXT = (b"content-type", b"text/plain; charset=utf-8")


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    message = await receive()
    path = scope["path"].removeprefix(scope["root_path"])
    status, body = 200, b""
    headers = [(b"content-type", b"application/octet-stream")]
    if path == "/echo":
        body = message["body"]
    elif path == "/bytes":
        body = BYTES
    elif path.startswith("/request"):
        headers = [TEXT]
        body = f"{scope['method']} {path}\n".encode() + scope["query_string"]
    elif path.startswith("/event"):
        headers = [(b"content-type", b"application/json")]
        body = json.dumps(scope["aws.event"]).encode()
    elif path == "/root-path":
        headers = [TEXT]
        body = f"'{scope['root_path']}'".encode()
    elif path == "/cookies":
        headers = [TEXT, (b"set-cookie", b"a=1"), (b"set-cookie", b"b=2; Path=/")]
    elif path == "/moved":
        status = 303
        headers = [TEXT, (b"location", b"/request?moved=yes")]
    else:
        status, body = 404, b"nothing here"
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


handler = adapt(app)
