"""A bookshelf in Starlette: lifespan, JSON, a link, a redirect, a cookie, a binary answer.

What to know: on Lambda the application starts inside `adapt`, while Lambda initialises the
function. So everything is registered before that line, and what the lifespan opens (clients, pools,
locks) goes on working from one invocation to the next. The shutdown runs only where Lambda tells of
the end: `adapt(app, graceful_shutdown=True)`.
"""

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from asgi_lambda import adapt


class State(TypedDict):
    titles: dict[int, str]


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[State]:
    yield {"titles": {1: "Middlemarch", 2: "Čapek: R.U.R."}}


async def book(request: Request[State]) -> Response:
    number = request.path_params["number"]
    titles = request.state["titles"]
    if number not in titles:
        raise HTTPException(404, f"There is no book {number}")
    # Whatever stands before the routes, a stage or a base path, is in the link.
    link = str(request.url_for("book", number=number))
    response = JSONResponse({"title": titles[number], "self": link})
    response.set_cookie("last", str(number), secure=True, httponly=True)
    return response


async def last(request: Request[State]) -> Response:
    number = request.cookies.get("last", "1")
    return RedirectResponse(request.url_for("book", number=number), status_code=303)


async def archive(request: Request[State]) -> Response:
    # Bytes need nothing special; a REST API needs `binaryMediaTypes: ['*/*']` to let them through.
    content = gzip.compress("\n".join(request.state["titles"].values()).encode(), mtime=0)
    return Response(content, media_type="application/gzip")


app = Starlette(
    routes=[
        Route("/books/{number:int}", book),
        Route("/last", last),
        Route("/archive", archive),
    ],
    lifespan=lifespan,
)

handler = adapt(app)
