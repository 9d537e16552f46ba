"""A guest book in asgineer: one handler function, JSON, a form, assets.

What to know: asgineer has no router and reads no forms: both are yours to write. It takes
`root_path` for a part that has still to be put before the path, which ASGI says it is not, and
would see `/prod/prod/hello` behind a stage: hence `strip_root_path=True`.
"""

from typing import Any
from urllib.parse import parse_qs

import asgineer  # type: ignore[import-untyped]  # it has no types of its own

from asgi_lambda import adapt

PICTURE = b"GIF89a" + bytes(range(250))
guests: list[str] = []
# Assets are compressed and tagged once, while Lambda initialises the function.
assets = asgineer.utils.make_asset_handler(
    {"dot.gif": PICTURE, "about.txt": "A guest book.\n" * 99}
)


async def respond(request: Any) -> Any:
    if request.path == "/":
        return {"guests": guests}
    if request.path == "/guests" and request.method == "POST":
        guests.append((await request.get_json())["name"])
        return 201, {"location": f"/guests/{len(guests)}"}, {"number": len(guests)}
    if request.path == "/sign" and request.method == "POST":
        form = parse_qs((await request.get_body()).decode())
        guests.extend(form.get("name", []))
        # Relative, so that it is right behind a stage too.
        return 303, {"location": "."}, b""
    if request.path.startswith("/assets/"):
        return await assets(request, request.path.removeprefix("/assets/"))
    if request.path == "/hello":
        return f"Hello {request.querydict.get('name', 'you')}"
    return 404, {}, f"There is nothing at {request.path}"


app = asgineer.to_asgi(respond)

handler = adapt(app, strip_root_path=True)
