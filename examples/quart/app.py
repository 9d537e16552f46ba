"""A library in Quart: lifespan, JSON, a link, a session, a stream, an error page, a socket.

What to know: no response waits for what `add_background_task` starts. That stands still with the
event loop once the response is out, goes on while later invocations last, and is lost where none
comes: give such work to a queue. Signed sessions need a key that all execution environments share:
take it from the environment. A WebSocket API has no paths, so the socket is at `/`, and needs a
table where there is more than one environment.
"""

import os
from collections.abc import AsyncIterator

from quart import (
    Quart,
    Response,
    ResponseReturnValue,
    abort,
    jsonify,
    redirect,
    request,
    session,
    url_for,
    websocket,
)

from asgi_lambda import adapt
from asgi_lambda.websocket import DynamoDBStore

TABLE = os.environ.get("CONNECTIONS_TABLE")
STORE = DynamoDBStore(TABLE) if TABLE else None

app = Quart(__name__)
app.secret_key = os.environ.get("SECRET_KEY", "only for trying out")
titles: dict[int, str] = {}


# Runs once in the life of an execution environment, on the loop that all requests use.
@app.before_serving
async def open_library() -> None:
    titles.update({1: "Middlemarch", 2: "Čapek: R.U.R."})


@app.get("/books/<int:number>")
async def book(number: int) -> ResponseReturnValue:
    if number not in titles:
        abort(404, f"There is no book {number}")
    session["last"] = number
    # The stage or base path is in the link, since it is in the scope's root_path.
    return jsonify(title=titles[number], link=url_for("book", number=number, _external=True))


@app.get("/last")
async def last() -> ResponseReturnValue:
    return redirect(url_for("book", number=session.get("last", 1)), 303)


@app.post("/size")
async def size() -> ResponseReturnValue:
    content = await request.get_data()
    return jsonify(length=len(content))


@app.get("/pages")
async def pages() -> ResponseReturnValue:
    async def write() -> AsyncIterator[bytes]:
        for number in (1, 2, 3):
            yield f"page {number}\n".encode()

    # Lambda takes a response whole, so the pages arrive together.
    return Response(write(), content_type="text/plain; charset=utf-8")


@app.websocket("/")
async def search() -> None:
    while True:
        word = str(await websocket.receive())
        await websocket.send_json([each for each in titles.values() if word in each])


@app.errorhandler(404)
async def not_found(error: Exception) -> ResponseReturnValue:
    return {"error": getattr(error, "description", "not found")}, 404


handler = adapt(app, websocket_store=STORE)
