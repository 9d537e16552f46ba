"""Payload format 2.0: HTTP API and Function URL.

Source: API Gateway guide, "Create AWS Lambda proxy integrations for HTTP APIs"; Lambda guide,
"Invoking Lambda function URLs"; captures of real events where the guides are silent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgi_lambda import body, headers, url
from asgi_lambda.sources.source import HTTP_VERSIONS, Source, client, is_default_host

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import HTTPScope
    from asgi_lambda.lambda_types import Event, ResponseV2
    from asgi_lambda.response import Response
    from asgi_lambda.sources.source import Parsed


def parse_http_api(event: Event) -> Parsed:
    """An HTTP API decodes `rawPath`, in spite of its name, and puts a named stage in front of it.

    Decoding again would turn %2541 into A.
    """
    context = event["requestContext"]
    path = url.rooted(event.get("rawPath") or context["http"].get("path"))
    stage = "/" + (context.get("stage") or "$default")
    root_path = ""
    if stage != "/$default" and url.has_prefix(path, stage):
        if is_default_host(context.get("domainName")):
            root_path = stage
        else:
            # Behind a custom domain the client never typed the stage.
            path = path.removeprefix(stage) or "/"
    return _parse(event, path, url.encode_path(path), root_path)


def parse_function_url(event: Event) -> Parsed:
    """A Function URL leaves `rawPath` as the client typed it.

    Its decoded twin, `requestContext.http.path`, has lost bytes that are no UTF-8.
    """
    path = url.rooted(event.get("rawPath"))
    return _parse(event, url.decode(path), url.typed_path(path), "")


def render_http_api(response: Response, dropped: tuple[str, ...] = ()) -> ResponseV2:
    """Repeats are joined by a comma, but for cookies, which have a list of their own."""
    text, is_base64 = response.encoded_body()
    fields, cookies = headers.to_map(response.fields, dropped)
    rendered: ResponseV2 = {
        "statusCode": response.status,
        "headers": fields,
        "body": text,
        "isBase64Encoded": is_base64,
    }
    if cookies:
        rendered["cookies"] = cookies
    return rendered


def render_function_url(response: Response) -> ResponseV2:
    """As an HTTP API; `content-length` would come out as `x-amzn-remapped-content-length`."""
    return render_http_api(response, dropped=("content-length",))


HTTP_API: Final = Source("http-api", parse_http_api, render_http_api)
FUNCTION_URL: Final = Source("function-url", parse_function_url, render_function_url)


def _parse(event: Event, path: str, raw_path: bytes, root_path: str) -> Parsed:
    context = event["requestContext"]
    http: dict[str, Any] = context["http"]
    pairs = headers.from_map(event.get("headers"))
    # `sam local start-api` sends an empty list beside the header.
    if cookies := event.get("cookies"):
        headers.set_cookies(pairs, cookies)
    fields = dict(pairs)
    text, is_base64 = event.get("body"), bool(event.get("isBase64Encoded"))
    headers.set_length(pairs, fields, body.length(text, is_base64))
    scheme, server = headers.origin(pairs, fields, context.get("domainName"))
    scope: HTTPScope = {
        "type": "http",
        "http_version": HTTP_VERSIONS.get(http.get("protocol", ""), "1.1"),
        "method": http["method"].upper(),
        "scheme": scheme,
        "path": path,
        "raw_path": raw_path,
        "query_string": url.query(event.get("rawQueryString"), event.get("queryStringParameters")),
        "root_path": root_path,
        "headers": pairs,
        "client": client(http.get("sourceIp")),
        "server": server,
    }
    return scope, text, is_base64
