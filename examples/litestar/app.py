"""A seed shop in Litestar: lifespan, typed JSON, validation, a link, a redirect, a cookie, OpenAPI.

What to know: what requests need of the lifespan lies in `app.state`, which is made once for the
life of an execution environment. Plain functions must say where they run: `sync_to_thread=True` is
a worker thread, which later invocations use again, and False the event loop.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.exceptions import NotFoundException
from litestar.params import Parameter
from litestar.response import Redirect

from asgi_lambda import adapt

SEED = bytes(range(256))


@dataclass
class Seed:
    name: str
    grams: float


@asynccontextmanager
async def open_shop(app: Litestar) -> AsyncIterator[None]:
    app.state.seeds = [Seed("lettuce", 2.5)]
    yield


@post("/seeds")
async def add(data: Seed, state: State) -> Response[dict[str, int]]:
    state.seeds.append(data)
    number = len(state.seeds) - 1
    cookie = Cookie(key="last", value=str(number), httponly=True, secure=True)
    return Response({"number": number}, cookies=[cookie])


@get("/seeds/{number:int}", name="seed")
async def seed(number: int, state: State, request: Request[None, None, State]) -> dict[str, object]:
    if not 0 <= number < len(state.seeds):
        raise NotFoundException(f"There is no seed {number}")
    found: Seed = state.seeds[number]
    # The stage or base path is in the link.
    link = str(request.url_for("seed", number=number))
    return {"name": found.name, "grams": found.grams, "link": link}


@get("/last")
async def last(
    request: Request[None, None, State],
    number: Annotated[int, Parameter(cookie="last", required=False)] = 0,
) -> Redirect:
    return Redirect(str(request.url_for("seed", number=number)), status_code=303)


@get("/seed.bin", media_type="application/octet-stream", sync_to_thread=True)
def seed_bytes() -> bytes:
    return SEED


@get("/weight", media_type=MediaType.TEXT)
async def weight(state: State) -> str:
    return f"{sum(seed.grams for seed in state.seeds)} g"


app = Litestar([add, seed, last, seed_bytes, weight], lifespan=[open_shop])

handler = adapt(app)
