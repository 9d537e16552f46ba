"""Errors to Sentry by sentry-asgi: an ASGI middleware of one file, around a bare application.

What to know: a thread of the SDK sends the events, and Lambda freezes it with the environment as
soon as the answer is out, so flush while the request is under way. The middleware sends every
header, and the SDK the local variables, which have the scope: take secrets out. It would have
`root_path` twice in the URL, since it puts it before a path that has it already: hence
`strip_root_path=True`.
"""

import asyncio
import os
from typing import Any

import sentry_sdk
from sentry_asgi import SentryMiddleware  # type: ignore[import-untyped]  # it has no types
from sentry_sdk.integrations.logging import ignore_logger

from asgi_lambda import adapt

SECRET = ("authorization", "cookie", "x-api-key")


def without_secrets(event: Any, hint: Any) -> Any:
    headers = event.get("request", {}).get("headers", {})
    for name in SECRET:
        headers.pop(name, None)
    return event


# No address, no reports: trying out needs none.
sentry_sdk.init(
    os.environ.get("SENTRY_DSN"), before_send=without_secrets, include_local_variables=False
)
# The adapter logs what an application raised, which would be reported a second time.
ignore_logger("asgi_lambda")


async def divide(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    divisor = int(scope["path"].strip("/") or 1)
    body = f"{100 / divisor:g}".encode()
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


watched = SentryMiddleware(divide)


async def app(scope: Any, receive: Any, send: Any) -> None:
    # An application without a lifespan is no error to report.
    if scope["type"] != "http":
        return await divide(scope, receive, send)
    try:
        await watched(scope, receive, send)
    except Exception:
        await asyncio.to_thread(sentry_sdk.flush, timeout=2)
        raise


handler = adapt(app, strip_root_path=True)
