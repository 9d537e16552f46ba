"""A small shop in FastAPI: lifespan, typed JSON, a link, a redirect, a cookie, a picture, a socket.

What to know: no `root_path` has to be set. The adapter finds the stage or the base path in the
event, so that /docs, links and redirects are right behind every front door. Only an HTTP API whose
custom domain has a base path does not tell it: `adapt(app, root_path="/base")`. A WebSocket API has
no paths, so the socket is at `/`, and needs a table where there is more than one environment.
"""

import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, TypedDict

from fastapi import Cookie, FastAPI, HTTPException, Request, Response, WebSocket
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from asgi_lambda import adapt
from asgi_lambda.websocket import DynamoDBStore

TABLE = os.environ.get("CONNECTIONS_TABLE")
STORE = DynamoDBStore(TABLE) if TABLE else None
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


class Item(BaseModel):
    name: str = Field(min_length=1)
    price: float = Field(gt=0)


class Stored(Item):
    number: int
    link: str


class State(TypedDict):
    items: list[Item]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[State]:
    # The list lasts as long as the execution environment, and other environments have others: a
    # real shop opens its database here.
    yield {"items": [Item(name="tea", price=3.5)]}


app = FastAPI(title="Shop", lifespan=lifespan)


# `def` runs in a thread, `async def` on the event loop; both last from one invocation to the next.
@app.post("/items", status_code=201)
def add(item: Item, request: Request, response: Response) -> Stored:
    items: list[Item] = request.state.items
    items.append(item)
    number = len(items) - 1
    response.set_cookie("last", str(number), secure=True, httponly=True)
    return stored(request, number)


@app.get("/items/{number}")
async def item(number: int, request: Request) -> Stored:
    if not 0 <= number < len(request.state.items):
        raise HTTPException(404, f"There is no item {number}")
    return stored(request, number)


@app.get("/last")
async def last(request: Request, last: Annotated[int, Cookie()] = 0) -> RedirectResponse:
    return RedirectResponse(request.url_for("item", number=last), status_code=303)


@app.get("/pixel")
async def pixel() -> Response:
    return Response(PIXEL, media_type="image/gif")


@app.websocket("/")
async def prices(websocket: WebSocket) -> None:
    await websocket.accept()
    async for name in websocket.iter_text():
        found = [item for item in websocket.state.items if item.name == name]
        await websocket.send_json([item.model_dump() for item in found])


def stored(request: Request, number: int) -> Stored:
    found: Item = request.state.items[number]
    link = str(request.url_for("item", number=number))
    return Stored(name=found.name, price=found.price, number=number, link=link)


handler = adapt(app, websocket_store=STORE)
