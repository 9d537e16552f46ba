"""Orders that are confirmed after they are answered, by Starlette's BackgroundTasks.

What to know: on asgi-lambda's own runtime the answer leaves before the tasks run, and the
environment gets its next event when they have ended. Under AWS's client the answer waits for them.
Either way their time is paid for, the deadline holds for them, and a failure of theirs is seen in
the log alone: what must not be lost belongs in a queue.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

import anyio
from starlette.applications import Starlette
from starlette.background import BackgroundTask, BackgroundTasks
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from asgi_lambda import adapt

# Seconds that a confirmation takes: it stands for a service that sends it.
PAUSE = 0.3


class Order(TypedDict):
    to: str
    confirmed: bool


class State(TypedDict):
    orders: list[Order]


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[State]:
    yield {"orders": []}


async def take(request: Request[State]) -> Response:
    try:
        to = (await request.json())["to"]
    except (ValueError, KeyError, TypeError):
        raise HTTPException(400, "Expected JSON with a name, to") from None
    order: Order = {"to": str(to), "confirmed": False}
    orders = request.state["orders"]
    orders.append(order)
    link = str(request.url_for("show", number=len(orders)))
    # One after the other; a task that fails ends those behind it.
    tasks = BackgroundTasks(
        [BackgroundTask(confirm, order), BackgroundTask(print, "confirmed", len(orders))]
    )
    return JSONResponse({"number": len(orders), "self": link}, 202, background=tasks)


async def confirm(order: Order) -> None:
    await anyio.sleep(PAUSE)
    order["confirmed"] = True


async def show(request: Request[State]) -> Response:
    orders, number = request.state["orders"], request.path_params["number"]
    if not 0 < number <= len(orders):
        raise HTTPException(404, f"This environment has no order {number}")
    return JSONResponse(orders[number - 1])


app = Starlette(
    routes=[
        Route("/orders", take, methods=["POST"]),
        Route("/orders/{number:int}", show),
    ],
    lifespan=lifespan,
)

handler = adapt(app, lifespan="on")
