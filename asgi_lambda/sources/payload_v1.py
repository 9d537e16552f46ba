"""Payload format 1.0: REST API, and HTTP API where it is chosen.

Source: API Gateway guide, "Set up Lambda proxy integrations in API Gateway" and "Create AWS Lambda
proxy integrations for HTTP APIs"; captures of real events where the guides are silent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgi_lambda import body, headers, url
from asgi_lambda.sources.source import HTTP_VERSIONS, Source, client, is_default_host

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import HTTPScope
    from asgi_lambda.lambda_types import Event, ResponseV1
    from asgi_lambda.response import Response
    from asgi_lambda.sources.source import Parsed


def parse_rest_api(event: Event) -> Parsed:
    """A REST API leaves `path` as the client typed it, without the stage.

    `requestContext.path` has what stands in front of it: the stage under the default host, nothing
    under a custom domain. Where it does not end with `path` it is something else: the route, from
    `sam local start-api`.
    """
    context = event.get("requestContext") or {}
    path = url.rooted(event.get("path"))
    root_path = _mapping(event, context, path)
    for whole in (context.get("path"), event.get("rawPath")):
        if whole == f"/{context.get('stage')}":  # the client left out the slash of the root
            whole += "/"
        if whole and whole != path and whole.endswith(path):
            # A double slash behind the stage is kept here, and collapsed in `path`.
            stage = whole.removesuffix(path).rstrip("/")
            path, root_path = stage + path, stage + root_path
            break
    return _parse(event, context, url.decode(path), url.typed_path(path), url.decode(root_path))


def parse_http_api_v1(event: Event) -> Parsed:
    """An HTTP API leaves `path` encoded in this format, with a named stage or base path in front.

    Some captures show it decoded, so what cannot be encoded is taken as it is.
    """
    context = event["requestContext"]
    path = url.rooted(event.get("path"))
    if url.is_typed_path(path):
        path, raw_path = url.decode(path), url.typed_path(path)
    else:
        raw_path = url.encode_path(path)
    stage = "/" + (context.get("stage") or "$default")
    if is_default_host(context.get("domainName")):
        root_path = stage if stage != "/$default" and url.has_prefix(path, stage) else ""
    else:
        root_path = _mapping(event, context, path)
    return _parse(event, context, path, raw_path, root_path)


def render_http_api_v1(
    response: Response, any_type: bool = False, dropped: tuple[str, ...] = ()
) -> ResponseV1:
    """Each name goes into one of two maps, which API Gateway merges, each kind in its own order."""
    text, is_base64 = response.encoded_body(any_type)
    single, multiple = headers.to_two_maps(response.fields, dropped)
    return {
        "statusCode": response.status,
        "headers": single,
        "multiValueHeaders": multiple,
        "body": text,
        "isBase64Encoded": is_base64,
    }


def render_rest_api(response: Response) -> ResponseV1:
    """Text whenever it can be: base64 reaches clients undecoded unless `binaryMediaTypes` says so.

    `content-length` would come out as `x-amzn-remapped-content-length`.
    """
    return render_http_api_v1(response, any_type=True, dropped=("content-length",))


REST_API: Final = Source(
    "rest-api",
    parse_rest_api,
    render_rest_api,
    base64_note="a REST API hands base64 on undecoded unless it has binaryMediaTypes: ['*/*']",
)
HTTP_API_V1: Final = Source("http-api-v1", parse_http_api_v1, render_http_api_v1)


def _mapping(event: Event, context: dict[str, Any], path: str) -> str:
    """The base path that a custom domain maps to the API, which stands in front of the route.

    Not asked of other hosts: a test event may name any route, and `sam local` has a port.
    """
    domain: str | None = context.get("domainName")
    if domain is None or is_default_host(domain) or "." not in domain or ":" in domain:
        return ""
    return url.base_path(path, event.get("resource") or "", event.get("pathParameters"))


def _parse(
    event: Event, context: dict[str, Any], path: str, raw_path: bytes, root_path: str
) -> Parsed:
    pairs = headers.from_maps(event.get("multiValueHeaders"), event.get("headers"))
    fields = dict(pairs)
    if len(fields) < len(pairs):
        headers.join_cookies(pairs)
    text, is_base64 = event.get("body"), bool(event.get("isBase64Encoded"))
    headers.set_length(pairs, fields, body.length(text, is_base64))
    scheme, server = headers.origin(pairs, fields, context.get("domainName"))
    identity: dict[str, Any] = context.get("identity") or {}
    scope: HTTPScope = {
        "type": "http",
        "http_version": HTTP_VERSIONS.get(context.get("protocol", ""), "1.1"),
        "method": event["httpMethod"].upper(),
        "scheme": scheme,
        "path": path,
        "raw_path": raw_path,
        "query_string": url.encode_query(
            url.parameters(
                event.get("multiValueQueryStringParameters"), event.get("queryStringParameters")
            )
        ),
        "root_path": root_path,
        "headers": pairs,
        "client": client(identity.get("sourceIp")),
        "server": server,
    }
    return scope, text, is_base64
