"""A to-do list in Lemon: routes, a path parameter, JSON both ways, middleware, cookies, errors.

What to know: Lemon is of ASGI 2, and the application is an attribute of it; `adapt` sees that it is
a double callable. It has no lifespan: open at import what is to last, and say `lifespan="off"`, for
asked for one it fails, which is logged. Its router knows no `root_path`: `strip_root_path=True`.
Its old pins build no longer, so install it and what it needs apart:
`pip install --no-deps -r requirements.txt`.
"""

from typing import Any

from lemon.app import Lemon  # type: ignore[import-untyped]  # it has no types of its own
from lemon.context import Context  # type: ignore[import-untyped]
from lemon.router import Router  # type: ignore[import-untyped]

from asgi_lambda import adapt

tasks: dict[str, str] = {"1": "buy lemons"}


async def count_words(ctx: Context, nxt: Any) -> None:
    await nxt()
    ctx.res.headers["x-words"] = str(sum(len(text.split()) for text in tasks.values()))


async def show(ctx: Context) -> None:
    number = ctx.params["number"]
    if number not in tasks:
        ctx.throw(status=404, body={"error": f"There is no task {number}"})
    ctx.body = {"number": number, "text": tasks[number], "seen": ctx.req.cookies.get("seen")}


async def add(ctx: Context) -> None:
    number = str(len(tasks) + 1)
    tasks[number] = ctx.req.data["text"]
    ctx.status = 201
    ctx.res.headers["set-cookie"] = f"seen={number}"
    ctx.body = {"number": number}


async def query(ctx: Context) -> None:
    ctx.body = {"tasks": [text for text in tasks.values() if ctx.req.query["word"] in text]}


router = Router()
router.get("/tasks/:number", show)
router.post("/tasks", add)
router.get("/query", query)

lemon = Lemon()
lemon.use(count_words, router.routes())
app = lemon.application

handler = adapt(app, lifespan="off", strip_root_path=True)
