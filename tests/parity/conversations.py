"""What is asked of each example, in this order: a few requests that tell servers apart."""

from __future__ import annotations

from typing import Any, Final

from tests.parity.asks import Ask, form, get, head, post

BYTES: Final = bytes(range(256)) * 40
UUID: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# Times to the second: of a cookie's end, and of a signature.
EXPIRES: Final = "expires=[A-Za-z]{3}, [0-9]{2} [A-Za-z]{3} [0-9]{4} [0-9:]{8} GMT"
# The secret behind it is the same; what is shown of it is mixed with random letters.
CSRF: Final = "a" * 32
# A signature with its time behind what is in the session.
SIGNED: Final = r"(?<=session=eyJsYXN0IjoxfQ)\.[\w-]+\.[\w-]+"
MCP: Final = "application/json, text/event-stream"


def rpc(method: str, **parameters: Any) -> Ask:
    message = {"jsonrpc": "2.0", "id": 7, "method": method, "params": parameters}
    return post("/mcp", message, accept=MCP, mcp_protocol_version="2025-06-18")


CONVERSATIONS: Final[dict[str, tuple[Ask, ...]]] = {
    "hello": (
        get("/"),
        get("/a%20b/%C3%BC?x=1&x=2&y=%26"),
        head("/"),
        post("/", BYTES),
    ),
    "asgi2_function": (post("/", BYTES), get("/"), head("/")),
    "asgi2_class": (get("/a"), get("/a?x=1&x=2"), get("/b%2Fc%20d"), head("/a"), post("/a", BYTES)),
    "scope_viewer": (get("/"), get("/a%20b?x=1&x=2", accept="application/json"), head("/")),
    "starlette": (
        get("/books/2"),
        get("/last", cookie="last=2; other=x", status=303),
        get("/archive"),
        get("/books/9", status=404),
        get("/absent", status=404),
        head("/books/1"),
        post("/books/1", {"title": "x"}, status=405),
    ),
    "fastapi": (
        get("/items/0"),
        post("/items", {"name": "köök", "price": 2}, status=201),
        get("/last", cookie="last=1", status=303),
        get("/pixel"),
        post("/items", {"name": "", "price": 1}, status=422),
        get("/items/9?x=1&x=2", status=404),
        get("/docs"),
        get("/openapi.json"),
        head("/items/0", status=405),
    ),
    "quart": (
        get("/books/1", SIGNED),
        get("/last", status=303),
        post("/size", BYTES),
        get("/pages"),
        get("/books/9", status=404),
        head("/pages"),
    ),
    "quart_trio": (
        get("/weather"),
        get("/counts"),
        get("/patience?seconds=0.001&seconds=9"),
        get("/absent", status=404),
        head("/weather"),
    ),
    "litestar": (
        get("/seeds/0"),
        post("/seeds", {"name": "köömen", "grams": 1}, status=201),
        get("/last", cookie="last=1", status=303),
        get("/seed.bin"),
        get("/weight"),
        post("/seeds", {"name": "rye"}, status=400),
        get("/seeds/9", status=404),
        get("/schema/openapi.json"),
        head("/weight", status=405),
    ),
    "falcon": (
        get("/quotes?word=problem&word=however"),
        post("/quotes", {"text": "Zu spät"}, status=201),
        get("/quotes/1"),
        get("/last", cookie="last=1", status=303),
        get("/noise"),
        get("/quotes/9", status=404),
        post("/quotes", b"no JSON", content_type="application/json", status=400),
        head("/noise", status=405),
    ),
    "sanic": (
        get("/scores/ada"),
        post("/scores/Zo%C3%AB%20X", {"score": 3}, method="PUT", status=201),
        get("/scores/Zo%C3%AB%20X"),
        get("/last", cookie="last=ada", status=303),
        get("/stream"),
        get("/picture"),
        get("/scores/nobody", accept="application/json", status=404),
        head("/picture", status=405),
    ),
    "blacksheep": (
        get("/sheep/0"),
        post("/sheep", {"name": "Määä", "kilograms": 50}, status=201),
        get("/sheep/1"),
        get("/last", cookie="last=1", status=303),
        get("/wool"),
        get("/sheep/9", status=404),
        post("/sheep", {"name": "Ba"}, status=400),
        get("/absent", status=404),
        head("/wool", status=404),
    ),
    "django": (
        get("/", '"token": "[0-9A-Za-z]{64}"', EXPIRES, cookie=f"csrftoken={CSRF}"),
        form(
            "/entries",
            {"text": "päike"},
            cookie=f"csrftoken={CSRF}",
            x_csrftoken=CSRF,
            referer="https://{host}/",
            status=302,
        ),
        get("/entries/1"),
        form("/entries", {"text": "forged"}, referer="https://{host}/", status=403),
        get("/picture"),
        get("/entries/9", status=404),
        head("/picture"),
    ),
    "channels": (
        get("/rooms/k%C3%B6%C3%B6k?x=1&x=2"),
        get("/absent", status=404),
        head("/rooms/one"),
    ),
    "mcp": (
        rpc("tools/list"),
        rpc("tools/call", name="distance", arguments={"x": 3, "y": 4}),
        rpc("resources/read", uri="figures://names"),
        get("/", status=404),
        post("/mcp", b"no JSON", content_type="application/json", accept=MCP, status=400),
        head("/absent", status=404),
    ),
    "responder": (
        get("/numbers/grace"),
        get("/last", cookie="last=grace", status=303),
        post("/upside-down", BYTES),
        get("/numbers/nobody", status=404),
        get("/absent", status=404),
        head("/numbers/ada"),
    ),
    "asgineer": (
        get("/"),
        post("/guests", {"name": "Zoë"}, status=201),
        get("/hello?name=Zo%C3%AB"),
        get("/assets/dot.gif"),
        get("/assets/about.txt", accept_encoding="gzip"),
        get("/absent", status=404),
        head("/hello"),
    ),
    "bocadillo": (
        get("/"),
        post("/orders", {"name": "küülik"}, status=201),
        get("/favourite", status=302),
        get("/prices/tortilla"),
        get("/prices/air", status=404),
        get("/absent", status=404),
        head("/"),
    ),
    "lemon": (
        get("/tasks/1"),
        post("/tasks", {"text": "säge"}, status=201),
        get("/tasks/2", cookie="seen=2"),
        get("/query?word=lemons&word=x"),
        get("/tasks/9", status=404),
        get("/absent", status=404),
        get("/query", status=500),
    ),
    "nardis": (
        get("/words/asgi"),
        get("/?q=between&q=x"),
        form("/", {"word": "leib", "text": "must või valge"}, status=303),
        get("/words/leib"),
        get("/words/none", status=404),
        get("/absent", status=404),
    ),
    "sentry_sdk": (
        get("/divide/8"),
        get("/divide/0?word=one", status=500),
        get("/"),
        head("/divide/8"),
    ),
    "sentry_asgi": (get("/8"), get("/0?word=one", status=500), head("/8")),
    "notes": (
        get("/notes"),
        post("/notes", {"title": "Žito ü", "text": "two\nlines"}, UUID, status=201),
        post("/notes", {"title": ""}, status=422),
        get("/notes?cursor=x", status=400),
        get("/", status=307),
        get("/docs"),
        post("/notes/1", {"title": "x"}, method="PUT", status=428),
        get("/absent", status=404),
        head("/notes", status=405),
    ),
    "files": (
        get("/files"),
        post(
            "/files",
            {"name": "plän.txt", "type": "text/plain"},
            UUID,
            "[0-9]{8}T[0-9]{6}Z",
            "[0-9]{8}(?=/eu-west-1)",
            '"policy":"[^"]+"',
            "[0-9a-f]{64}",
        ),
        get("/"),
        post("/files", {"name": "a"}, status=400),
        get("/files/5d1b8b0a-0000-4000-8000-0123456789ab", status=404),
        get("/absent", status=404),
        head("/"),
    ),
    # Its socket needs what only `adapt` has.
    "chat": (get("/"), get("/absent", status=404), head("/"), post("/", {"x": 1}, status=405)),
    "server_sent_events": (
        get("/countdown?from=1"),
        get("/countdown?from=9", last_event_id="1"),
        get("/countdown?from=9", last_event_id="0", status=204),
        get("/countdown?from=x", status=400),
        get("/absent", status=404),
        get("/"),
        head("/"),
    ),
    "large_csv": (
        get("/readings.csv?rows=2500"),
        get("/readings.csv?rows=0"),
        get("/readings.csv?rows=x", status=422),
        get("/absent", status=404),
        head("/readings.csv", status=405),
    ),
    # Whether it is confirmed yet is another thing under each server, so nobody asks.
    "background_tasks": (
        post("/orders", {"to": "Žofie"}, status=202),
        post("/orders", {}, status=400),
        get("/orders/9", status=404),
        get("/absent", status=404),
        head("/orders", status=405),
    ),
}
