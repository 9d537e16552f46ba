"""A sandwich bar in Bocadillo: providers, startup, routes, JSON both ways, a redirect, errors.

What to know: `configure(app)` is required, else it does not start. Its router knows no `root_path`:
hence `strip_root_path=True`. Its old pins build no longer, so install it and what it needs apart:
`pip install --no-deps -r requirements.txt`. Of the startup's two ways, `on("startup")` and lifespan
providers, both run once for the life of an execution environment.
"""

from typing import Any

from bocadillo import (  # type: ignore[import-untyped]  # it has no types that a checker may use
    App,
    HTTPError,
    Redirect,
    configure,
    provider,
)

from asgi_lambda import adapt

app: Any = App()
configure(app)
sold: dict[str, int] = {}


async def open_bar() -> None:
    sold["tortilla"] = 0


async def menu() -> list[str]:
    return ["jamón", "tortilla"]


async def show(req: Any, res: Any, menu: Any) -> None:
    res.json = {"menu": menu, "sold": sold}


async def order(req: Any, res: Any) -> None:
    name = (await req.json())["name"]
    sold[name] = sold.get(name, 0) + 1
    res.status_code = 201
    res.headers["set-cookie"] = "hungry=no"
    res.json = {"name": name, "sold": sold[name]}


async def price(req: Any, res: Any, name: str, menu: Any) -> None:
    if name not in menu:
        raise HTTPError(404, detail=f"There is no {name}")
    res.text = f"{name}: {len(name)} €"


async def favourite(req: Any, res: Any) -> None:
    # Relative, so that it is right behind a stage too.
    raise Redirect("prices/tortilla")


app.on("startup", open_bar)
provider(scope="app")(menu)
app.route("/")(show)
app.route("/orders", methods=["post"])(order)
app.route("/prices/{name}")(price)
app.route("/favourite")(favourite)

handler = adapt(app, strip_root_path=True)
