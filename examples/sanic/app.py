"""A score board in Sanic: listeners, JSON, a path parameter, cookies, a stream, a binary answer.

What to know: Sanic routes by the bytes of the path and knows no `root_path`, so behind a stage it
would find nothing: hence `strip_root_path=True`. It starts up once only, and refuses requests
before that: leave the lifespan on. Sanic's own server, workers and signals play no part on Lambda.
"""

from typing import Any
from urllib.parse import quote

from sanic import HTTPResponse, Request, Sanic, json, raw, redirect
from sanic.exceptions import NotFound

from asgi_lambda import adapt

PICTURE = bytes(range(256))

app = Sanic("scores")


@app.before_server_start
async def open_board(app: Sanic[Any, Any]) -> None:
    app.ctx.scores = {"ada": 7}


# What is in the path stays percent-encoded, unless one says otherwise.
@app.get("/scores/<name:str>", unquote=True)
async def score(request: Request, name: str) -> HTTPResponse:
    if name not in request.app.ctx.scores:
        raise NotFound(f"{name} has no score")
    response = json({"name": name, "score": request.app.ctx.scores[name]})
    response.add_cookie("last", quote(name), httponly=True)
    response.add_cookie("seen", "yes")
    return response


@app.put("/scores/<name:str>", unquote=True)
async def put(request: Request, name: str) -> HTTPResponse:
    request.app.ctx.scores[name] = request.json["score"]
    return json({"name": name, "score": request.json["score"]}, status=201)


@app.get("/last")
async def last(request: Request) -> HTTPResponse:
    # Relative, so that it is right behind a stage too.
    return redirect(f"scores/{request.cookies.get('last', 'ada')}", status=303)


@app.get("/stream")
async def stream(request: Request) -> None:
    response = await request.respond(content_type="text/plain; charset=utf-8")
    for number in (1, 2, 3):
        await response.send(f"{number}\n")
    await response.eof()


@app.get("/picture")
async def picture(request: Request) -> HTTPResponse:
    return raw(PICTURE, content_type="image/x-icon")


handler = adapt(app, strip_root_path=True)
