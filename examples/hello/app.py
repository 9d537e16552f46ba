"""The smallest ASGI 3 application: a coroutine function.

The last statement is all that Lambda needs; the function's handler is `app.handler`.
"""

from typing import Any

from asgi_lambda import adapt


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    lines = [f"{scope['method']} {scope['path']}", f"query: {scope['query_string'].decode()}"]
    body = "\n".join([*lines, ""]).encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


handler = adapt(app)
