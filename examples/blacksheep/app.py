"""A sheep register in BlackSheep: lifespan, typed JSON, injected services, a cookie, bytes, errors.

What to know: BlackSheep routes by the bytes of the path below `root_path`, both of which an event
proves, so stages and base paths need nothing. Services are made once for the life of an execution
environment and injected by type; a route whose service is missing fails at the startup, when Lambda
initialises the function, and not at its first request.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from blacksheep import (
    Application,
    Content,
    Cookie,
    FromCookie,
    FromJSON,
    Request,
    Response,
    json,
    not_found,
    see_other,
)
from blacksheep.messages import get_absolute_url_to_path

from asgi_lambda import adapt

WOOL = bytes(range(256))


@dataclass
class Sheep:
    name: str
    kilograms: float


class Register:
    def __init__(self) -> None:
        self.sheep: list[Sheep] = [Sheep("Dolly", 70)]


class LastFromCookie(FromCookie[str]):
    name = "last"


app = Application()


@app.lifespan  # type: ignore[untyped-decorator]  # this one alone has no types
async def open_register() -> AsyncIterator[None]:
    app.services.register(Register, instance=Register())
    yield


@app.router.get("/sheep/{number}")
async def one(request: Request, number: int, register: Register) -> Response:
    if not 0 <= number < len(register.sheep):
        return not_found(f"There is no sheep {number}")
    found = register.sheep[number]
    # The stage or base path is in the link.
    link = get_absolute_url_to_path(request, f"/sheep/{number}").value.decode()
    return json({"name": found.name, "kilograms": found.kilograms, "link": link})


@app.router.post("/sheep")
async def add(data: FromJSON[Sheep], register: Register) -> Response:
    register.sheep.append(data.value)
    number = len(register.sheep) - 1
    response = json({"number": number}, status=201)
    response.set_cookie(Cookie("last", str(number), http_only=True))
    return response


@app.router.get("/last")
async def last(request: Request, cookie: LastFromCookie | None) -> Response:
    number = cookie.value if cookie else "0"
    return see_other(get_absolute_url_to_path(request, f"/sheep/{number}").value.decode())


@app.router.get("/wool")
async def wool() -> Response:
    return Response(200, content=Content(b"application/octet-stream", WOOL))


handler = adapt(app)
