"""A glossary in Nardis: routes as patterns, the query, a form by hand, a redirect, its own 404.

What to know: Nardis is of ASGI 2: a function of the scope that returns what is called next; `adapt`
sees that. It has no lifespan, so open at import what is to last. Its patterns look at the whole
path and know no `root_path`: hence `strip_root_path=True`. It reads and writes text alone, UTF-8.
"""

from typing import Any
from urllib.parse import parse_qs

from nardis.asgi import main  # type: ignore[import-untyped]  # it has no types of its own
from nardis.routing import Get, Post  # type: ignore[import-untyped]

from asgi_lambda import adapt

words = {"asgi": "what stands between server and application"}


async def explain(request: Any, response: Any) -> None:
    word = request.params["word"]
    response.headers["content-type"] = "text/plain; charset=utf-8"
    if word not in words:
        response.status(404)
    await response.send(words.get(word, f"{word} is not explained yet"))


async def search(request: Any, response: Any) -> None:
    response.headers["content-type"] = "text/plain; charset=utf-8"
    wanted = request.query_string.get("q", [""])[0]
    for word in sorted(words):
        if wanted in words[word]:
            await response.send(f"{word}\n", more=True)
    await response.send("")


async def add(request: Any, response: Any) -> None:
    form = parse_qs(request.body)
    [word], [text] = form["word"], form["text"]
    words[word] = text
    response.headers["set-cookie"] = f"last={word}"
    # Relative, so that it is right behind a stage too.
    await response.redirect(f"words/{word}", code=303)


app = main(
    {"routes": [Get("^/words/(?P<word>[^/]+)$", explain), Get("^/$", search), Post("^/$", add)]}
)

handler = adapt(app, strip_root_path=True)
