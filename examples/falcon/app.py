"""A quote API in Falcon: resources, lifespan, JSON, a redirect, cookies, a binary answer, errors.

What to know: Falcon's router knows no `root_path`: behind a stage it would find nothing, hence
`strip_root_path=True`. It would put `root_path` into `req.uri`, so write relative links instead.
`process_startup` of a middleware is the place to open clients, once for an execution environment.
"""

import falcon
import falcon.asgi

from asgi_lambda import adapt

NOISE = bytes(range(256))


class Quotes:
    """Opened by the lifespan, and closed by it."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def process_startup(self, scope: object, event: object) -> None:
        self.texts.append("I have yet to see any problem, however complicated.")

    async def process_shutdown(self, scope: object, event: object) -> None:
        self.texts.clear()

    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        word = req.get_param("word", default="")
        resp.media = {"quotes": [text for text in self.texts if word in text]}

    async def on_post(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        media = await req.get_media()
        if not isinstance(media, dict) or not media.get("text"):
            raise falcon.HTTPBadRequest(title="A quote has a text")
        self.texts.append(str(media["text"]))
        number = len(self.texts) - 1
        resp.status = falcon.HTTP_201
        resp.location = f"quotes/{number}"
        resp.set_cookie("last", str(number))
        resp.media = {"number": number}

    async def on_get_one(
        self, req: falcon.asgi.Request, resp: falcon.asgi.Response, number: int
    ) -> None:
        if number >= len(self.texts):
            raise falcon.HTTPNotFound(title=f"There is no quote {number}")
        resp.media = {"text": self.texts[number]}


class Last:
    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        # Relative, so that it is right behind a stage too.
        raise falcon.HTTPSeeOther(f"quotes/{req.cookies.get('last', '0')}")


class Noise:
    async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
        resp.content_type = "application/octet-stream"
        resp.data = NOISE


quotes = Quotes()
app = falcon.asgi.App(middleware=quotes)
app.add_route("/quotes", quotes)
app.add_route("/quotes/{number:int}", quotes, suffix="one")
app.add_route("/last", Last())
app.add_route("/noise", Noise())

handler = adapt(app, strip_root_path=True)
