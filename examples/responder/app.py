"""A phone book in Responder: lifespan, JSON, a path parameter, a form, a cookie, a binary answer.

What to know: Responder looks its routes up by the whole path and knows no `root_path`, so behind a
stage it would find nothing: hence `strip_root_path=True`. Its links have no prefix then; write
relative ones. What `@api.background.task` starts runs in a thread that Lambda freezes with the
environment: give such work to a queue.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import responder

from asgi_lambda import adapt

numbers: dict[str, str] = {}


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    numbers.update({"ada": "1815", "grace": "1906"})
    yield
    numbers.clear()


# Responder has types for few of its functions.
app: Any = responder.API(lifespan=lifespan)  # type: ignore[no-untyped-call]


async def number(req: Any, resp: Any, *, name: str) -> None:
    if name not in numbers:
        resp.status_code = 404
        resp.media = {"error": f"nobody is called {name}"}
        return
    resp.media = {"name": name, "number": numbers[name]}
    resp.set_cookie("last", value=name)


async def add(req: Any, resp: Any) -> None:
    form = await req.media("form")
    numbers[form["name"]] = form["number"]
    resp.status_code = 303
    # Relative, so that it is right behind a stage too.
    resp.headers["Location"] = f"numbers/{quote(form['name'])}"


async def last(req: Any, resp: Any) -> None:
    resp.status_code = 303
    resp.headers["Location"] = f"numbers/{req.cookies.get('last', 'ada')}"


async def upside_down(req: Any, resp: Any) -> None:
    resp.content = (await req.content)[::-1]
    resp.headers["Content-Type"] = "application/octet-stream"


app.add_route("/numbers/{name}", number)
app.add_route("/numbers", add, methods=["POST"])
app.add_route("/last", last)
app.add_route("/upside-down", upside_down, methods=["POST"])

handler = adapt(app, strip_root_path=True)
