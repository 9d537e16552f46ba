"""An application of ASGI 2 that is a class: each request has an instance of its own.

What to know: what an instance keeps is gone with its request. What shall last as long as the
execution environment is made in the lifespan, here some counts, and comes with each request in
`scope["state"]`.
"""

import json
from typing import Any

from asgi_lambda import adapt


class App:
    def __init__(self, scope: Any) -> None:
        self.scope = scope

    async def __call__(self, receive: Any, send: Any) -> None:
        if self.scope["type"] == "lifespan":
            await self.live(receive, send)
        else:
            await self.respond(send)

    async def live(self, receive: Any, send: Any) -> None:
        await receive()
        # The state is copied for each request, but not what is in it.
        self.scope["state"]["counts"] = {}
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def respond(self, send: Any) -> None:
        path, counts = self.scope["path"], self.scope["state"]["counts"]
        counts[path] = counts.get(path, 0) + 1
        body = json.dumps({"path": path, "count": counts[path]}).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


handler = adapt(App)
