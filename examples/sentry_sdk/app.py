"""Errors to Sentry by the middleware of its SDK, around Starlette.

What to know: a thread of the SDK sends the events, and Lambda freezes it with the environment as
soon as the answer is out, so flush while the request is under way. The SDK leaves credentials out
of the headers, but sends local variables, which have the scope: say not to. The middleware puts
`root_path` before the path, which has it already, so it is given the path below, and the
application the whole one.
"""

import asyncio
import os

import sentry_sdk
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from sentry_sdk.integrations.logging import ignore_logger
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from asgi_lambda import adapt

# No address, no reports: trying out needs none. The middleware below is the one integration.
sentry_sdk.init(
    os.environ.get("SENTRY_DSN"), auto_enabling_integrations=False, include_local_variables=False
)
# The adapter logs what an application raised, which would be reported a second time.
ignore_logger("asgi_lambda")


async def divide(request: Request) -> Response:
    return PlainTextResponse(f"{100 / int(request.path_params['divisor']):g}")


async def link(request: Request) -> Response:
    return PlainTextResponse(str(request.url_for("divide", divisor="4")))


routes = Starlette(routes=[Route("/divide/{divisor}", divide, name="divide"), Route("/", link)])


async def whole_path(scope: Scope, receive: Receive, send: Send) -> None:
    await routes({**scope, "path": scope["root_path"] + scope["path"]}, receive, send)


watched = SentryAsgiMiddleware(whole_path)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return await routes(scope, receive, send)
    below = scope["path"].removeprefix(scope["root_path"])
    try:
        await watched({**scope, "path": below}, receive, send)
    except Exception:
        await asyncio.to_thread(sentry_sdk.flush, timeout=2)
        raise


handler = adapt(app)
