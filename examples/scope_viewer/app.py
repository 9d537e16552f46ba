"""A page that shows what arrived: the ASGI scope, and the Lambda event it was made of.

What to know: `scope["aws.event"]` and `scope["aws.context"]` are the objects that Lambda gave, for
whatever no scope has, claims of an authorizer for example. They hold secrets of the client and of
the function, in more places than anybody could list: log or show them only as here, where all is
hidden but what is listed. The path is shown, so put no secret there. The application is a class of
ASGI 2, and its instances are what is called.
"""

import html
import json
from typing import Any
from urllib.parse import unquote

from asgi_lambda import adapt

# All that is shown. Names of parameters are an application's own: add yours.
PARAMETERS = {"q", "page", "sort", "lang"}
HEADERS = {
    *("accept", "accept-encoding", "accept-language", "cache-control", "connection", "origin"),
    *("content-encoding", "content-length", "content-type", "host", "user-agent", "via"),
    *("x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"),
}
FIELDS = {
    *("type", "version", "spec_version", "http_version", "method", "scheme", "client", "server"),
    *("path", "raw_path", "root_path", "rawPath", "httpMethod", "protocol", "resource"),
    *("resourcePath", "routeKey", "stage", "apiId", "domainName", "domainPrefix", "requestId"),
    *("requestTime", "requestTimeEpoch", "time", "timeEpoch", "sourceIp", "userAgent"),
    "isBase64Encoded",
}
# What may be shown inside of what; inside of all else is nothing.
INSIDE = {
    **dict.fromkeys(("asgi", "requestContext", "http", "elb", "identity"), FIELDS),
    **dict.fromkeys(("headers", "multiValueHeaders"), HEADERS),
    **dict.fromkeys(("queryStringParameters", "multiValueQueryStringParameters"), PARAMETERS),
}
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


def hidden(value: Any) -> str:
    return f"(hidden, {len(str(value))} characters)"


def shown(value: Any, name: str, allowed: set[str]) -> Any:
    """The value as JSON has it, hidden unless its name is allowed."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if isinstance(value, dict):
        # A claim may be called `http` too, so what is hidden stays so however deep it goes.
        inside = INSIDE.get(name, set()) if allowed is FIELDS else set()
        return fields(value, inside)
    if isinstance(value, list | tuple):
        return [shown(each, name, allowed) for each in value]
    if name in ("query_string", "rawQueryString") and allowed is FIELDS:
        return query(value)
    if value is None or name in allowed or (allowed is HEADERS and name.lower() in allowed):
        return value
    return hidden(value)


def fields(values: dict[str, Any], allowed: set[str]) -> dict[str, Any]:
    if allowed is not PARAMETERS:
        return {name: shown(value, name, allowed) for name, value in values.items()}
    return {
        parameter(name, "".join(value or "")): shown(value, name, allowed)
        for name, value in values.items()
    }


def parameter(name: str, value: str) -> str:
    """The name, unless it has no value: then it may be the secret, with `=` as base64 has it."""
    return name if name in PARAMETERS or unquote(value).strip("=") else hidden(name)


def query(text: str) -> str:
    """A query as it was typed; a name that is written with escapes is none that is allowed."""
    parts = []
    for part in filter(None, text.split("&")):
        name, equals, value = part.partition("=")
        parts.append(parameter(name, value) + equals + shown(value, name, PARAMETERS))
    return "&".join(parts)


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
        pairs = [
            [name.decode("latin-1"), shown(value, name.decode("latin-1"), HEADERS)]
            for name, value in self.scope["headers"]
        ]
        return {
            "scope": fields(scope, FIELDS) | {"headers": pairs},
            "event": fields(self.scope["aws.event"], FIELDS),
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
