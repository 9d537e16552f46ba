"""The smallest application: a coroutine function, as ASGI 3 has it.

What to know: `adapt(app)` is the module's last statement, and all that Lambda needs. The function's
handler is `app.handler`. The event itself is in `scope["aws.event"]`, Lambda's context in
`scope["aws.context"]`.
"""

from typing import Any

from asgi_lambda import adapt


async def app(scope: Any, receive: Any, send: Any) -> None:
    # The lifespan comes first. Whoever has none may say so by an exception.
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    request = f"{scope['method']} {scope['path']}"
    query = scope["query_string"].decode()
    body = f"{request}\nquery: {query}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


handler = adapt(app)
