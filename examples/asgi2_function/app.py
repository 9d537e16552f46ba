"""An application of ASGI 2, the double callable: a function that returns a coroutine function.

What to know: nothing has to be converted. `adapt` sees that the application takes one argument; say
`adapt(app, interface="asgi2")` where a decorator hides that.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from asgi_lambda import adapt


def app(scope: Any) -> Callable[[Any, Any], Awaitable[None]]:
    # Before the first request the application is asked for a lifespan, which ASGI 2 knows too.
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])

    async def respond(receive: Any, send: Any) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        headers = [(b"content-type", b"application/octet-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body[::-1]})

    return respond


handler = adapt(app)
