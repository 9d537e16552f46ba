"""A page that shows what arrived: the ASGI scope, and the Lambda event it was made of.

What to know: `scope["aws.event"]` and `scope["aws.context"]` are the objects that Lambda gave, for
whatever no scope has, claims of an authorizer for example. They hold secrets of the client: log or
show them only as here, with everything masked that may be one. The application is a class of
ASGI 2, and its instances are what is called.
"""

import html
import json
import re
from typing import Any
from urllib.parse import parse_qsl

from asgi_lambda import adapt

# Names of headers, parameters and fields whose values are nobody's business.
SECRET = re.compile(
    "auth|cookie|token|secret|passw|key|sign|credential|session|jwt|code|cert|assert|proof", re.I
)
# Whatever lies in these is masked, but for what every request has.
PRIVATE = {"authorizer", "authentication", "identity", "stageVariables", "cookies"}
KNOWN = {"sourceIp", "userAgent"}
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>What arrived</title>
<style>
body {{ font: 1rem/1.5 sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }}
pre {{ background: #f4f4f4; overflow-x: auto; padding: 1rem }}
</style>
<h1>{method} {path}</h1>
<h2>Scope</h2>
<pre id="scope">{scope}</pre>
<h2>Lambda event</h2>
<pre id="event">{event}</pre>
<h2>Lambda context</h2>
<pre id="context">{context}</pre>
"""


def mask(value: Any) -> str:
    return f"(hidden, {len(str(value))} characters)"


def masked(value: Any, name: str = "", private: bool = False) -> Any:
    """The value as JSON has it, without what may be a secret."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, dict):
        inside = private or name in PRIVATE
        return {str(key): masked(each, str(key), inside) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [masked(each, name, private or name in PRIVATE) for each in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    if name == "body":
        return f"({len(value)} characters)"
    if SECRET.search(name) or (private and name not in KNOWN):
        return mask(value)
    if name in ("query_string", "rawQueryString"):
        pairs = parse_qsl(value, keep_blank_values=True)
        return "&".join(f"{key}={masked(each, key)}" for key, each in pairs)
    return str(value)


def masked_pairs(pairs: Any) -> list[list[str]]:
    return [
        [name.decode("latin-1"), masked(value, name.decode("latin-1"))] for name, value in pairs
    ]


class App:
    def __init__(self, scope: Any) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])
        self.scope = scope

    async def __call__(self, receive: Any, send: Any) -> None:
        wanted = dict(self.scope["headers"]).get(b"accept", b"")
        parts = self.parts()
        if b"application/json" in wanted:
            media_type, text = "application/json", json.dumps(parts)
        else:
            media_type, text = "text/html; charset=utf-8", self.page(parts)
        headers = [
            (b"content-type", media_type.encode()),
            (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": text.encode()})

    def parts(self) -> dict[str, Any]:
        scope = {key: value for key, value in self.scope.items() if not key.startswith("aws.")}
        context = self.scope["aws.context"]
        return {
            "scope": masked(scope) | {"headers": masked_pairs(scope["headers"])},
            "event": masked(self.scope["aws.event"]),
            "context": {
                "function_name": context.function_name,
                "aws_request_id": context.aws_request_id,
                "remaining_time_in_millis": context.get_remaining_time_in_millis(),
            },
        }

    def page(self, parts: dict[str, Any]) -> str:
        texts = {
            name: html.escape(json.dumps(part, indent=2, ensure_ascii=False))
            for name, part in parts.items()
        }
        request = {name: html.escape(self.scope[name]) for name in ("method", "path")}
        return PAGE.format(**request, **texts)


handler = adapt(App)
