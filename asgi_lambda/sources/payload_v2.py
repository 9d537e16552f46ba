"""Payload format 2.0: HTTP API and Function URL.

Source: API Gateway guide, "Create AWS Lambda proxy integrations for HTTP APIs"; Lambda guide,
"Invoking Lambda function URLs"; captures of real events where the guides are silent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgi_lambda import headers, url
from asgi_lambda.sources.source import Source, client, http_version, is_default_host

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


def render_http_api(response: Response) -> ResponseV2:
    """Repeats are joined by a comma, but for cookies, which have a list of their own."""
    return _render(response, response.without("set-cookie"))


def render_function_url(response: Response) -> ResponseV2:
    """As an HTTP API; `content-length` would come out as `x-amzn-remapped-content-length`."""
    return _render(response, response.without("set-cookie", "content-length"))


HTTP_API: Final = Source("http-api", parse_http_api, render_http_api)
FUNCTION_URL: Final = Source("function-url", parse_function_url, render_function_url)


def _parse(event: Event, path: str, raw_path: bytes, root_path: str) -> Parsed:
    context = event["requestContext"]
    http: dict[str, Any] = context["http"]
    pairs = headers.from_map(event.get("headers"))
    headers.set_cookies(pairs, event.get("cookies"))
    fields = headers.with_host(pairs, context.get("domainName"))
    scheme = headers.scheme(fields)
    scope: HTTPScope = {
        "type": "http",
        "http_version": http_version(http.get("protocol")),
        "method": http["method"].upper(),
        "scheme": scheme,
        "path": path,
        "raw_path": raw_path,
        "query_string": url.query(event.get("rawQueryString"), event.get("queryStringParameters")),
        "root_path": root_path,
        "headers": pairs,
        "client": client(http.get("sourceIp")),
        "server": headers.server(fields, scheme),
    }
    return scope, event.get("body"), bool(event.get("isBase64Encoded"))


def _render(response: Response, fields: list[tuple[str, str]]) -> ResponseV2:
    body, is_base64 = response.encoded_body()
    rendered: ResponseV2 = {
        "statusCode": response.status,
        "headers": headers.to_map(fields),
        "body": body,
        "isBase64Encoded": is_base64,
    }
    if cookies := response.cookies():
        rendered["cookies"] = cookies
    return rendered
