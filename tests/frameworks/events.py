"""The event that each front door makes of a request, from what the client typed.

Source: the event samples of the API Gateway, Lambda and Elastic Load Balancing guides.
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qsl, unquote

Fields = list[tuple[str, str]]

_CLIENT = "203.0.113.7"
# API Gateway keeps these to itself.
_NOT_FORWARDED = frozenset({"connection", "transfer-encoding"})


def rest_api_event(
    *,
    method: str,
    path: str,
    query: str,
    headers: Fields,
    body: bytes,
    host: str,
    stage: str,
    base_path: str,
) -> dict[str, Any]:
    """A REST API with `binaryMediaTypes: ['*/*']`.

    Under the default host the stage is in `requestContext.path` alone; a base path is in both.
    """
    route = path if base_path else path.removeprefix(f"/{stage}") or "/"
    event = _payload_v1(method=method, path=route, query=query, headers=headers, host=host)
    event["requestContext"] |= {"stage": stage, "path": path, "resourcePath": "/{proxy+}"}
    below = route.removeprefix(base_path).strip("/")
    event |= _encoded(body, always=True)
    if below:
        return event | {"resource": "/{proxy+}", "pathParameters": {"proxy": below}}
    event["requestContext"]["resourcePath"] = "/"
    return event | {"resource": "/", "pathParameters": None}


def http_api_v1_event(
    *,
    method: str,
    path: str,
    query: str,
    headers: Fields,
    body: bytes,
    host: str,
    stage: str,
    base_path: str,
) -> dict[str, Any]:
    """An HTTP API with payload format 1.0: everything the client typed is in `path`."""
    event = _payload_v1(method=method, path=path, query=query, headers=headers, host=host)
    event["requestContext"] |= {"stage": stage, "path": unquote(path), "resourcePath": "$default"}
    event |= {"version": "1.0", "resource": "$default", "pathParameters": None}
    return event | _encoded(body, content_type=dict(headers).get("content-type"))


def http_api_event(
    *,
    method: str,
    path: str,
    query: str,
    headers: Fields,
    body: bytes,
    host: str,
    stage: str,
    base_path: str,
) -> dict[str, Any]:
    """An HTTP API with payload format 2.0: `rawPath` is decoded; the base path is not in it."""
    decoded = unquote(path.removeprefix(base_path) or "/")
    event = _payload_v2(
        method=method, path=decoded, query=query, headers=headers, body=body, host=host, stage=stage
    )
    del event["headers"]["cookie"]
    return event if event["cookies"] else {key: event[key] for key in event if key != "cookies"}


def function_url_event(
    *,
    method: str,
    path: str,
    query: str,
    headers: Fields,
    body: bytes,
    host: str,
    stage: str,
    base_path: str,
) -> dict[str, Any]:
    """A Function URL: `rawPath` as typed, cookies both in their list and in the header."""
    event = _payload_v2(
        method=method, path=path, query=query, headers=headers, body=body, host=host, stage=stage
    )
    event["requestContext"]["http"]["path"] = unquote(path)
    if not event["cookies"]:
        del event["cookies"], event["headers"]["cookie"]
    return event


def alb_event(
    *,
    method: str,
    path: str,
    query: str,
    headers: Fields,
    body: bytes,
    host: str,
    stage: str,
    base_path: str,
) -> dict[str, Any]:
    """A target group without multi-value headers: the last of equal names and keys arrives."""
    event = _alb(method=method, path=path, headers=headers, body=body)
    return event | {
        "queryStringParameters": dict(_typed_pairs(query)),
        "headers": dict(_forwarded(headers)),
    }


def alb_multi_value_event(
    *,
    method: str,
    path: str,
    query: str,
    headers: Fields,
    body: bytes,
    host: str,
    stage: str,
    base_path: str,
) -> dict[str, Any]:
    """A target group with multi-value headers: everything arrives, in lists."""
    event = _alb(method=method, path=path, headers=headers, body=body)
    return event | {
        "multiValueQueryStringParameters": _lists(_typed_pairs(query)),
        "multiValueHeaders": _lists(_forwarded(headers)),
    }


def _payload_v1(
    *, method: str, path: str, query: str, headers: Fields, host: str
) -> dict[str, Any]:
    # Content-Length does not reach a function behind a REST API.
    fields = [each for each in _forwarded(headers) if each[0] != "content-length"]
    parameters = parse_qsl(query, keep_blank_values=True)
    return {
        "path": path,
        "httpMethod": method,
        "headers": dict(fields),
        "multiValueHeaders": _lists(fields),
        "queryStringParameters": dict(parameters) or None,
        "multiValueQueryStringParameters": _lists(parameters) or None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc123",
            "domainName": host,
            "httpMethod": method,
            "identity": {"sourceIp": _CLIENT, "userAgent": dict(headers).get("user-agent")},
            "protocol": "HTTP/1.1",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        },
    }


def _payload_v2(
    *,
    method: str,
    path: str,
    query: str,
    headers: Fields,
    body: bytes,
    host: str,
    stage: str,
) -> dict[str, Any]:
    fields = {name: ",".join(values) for name, values in _lists(_forwarded(headers)).items()}
    cookies = fields.setdefault("cookie", "")
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "cookies": cookies.split("; ") if cookies else [],
        "headers": fields,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc123",
            "domainName": host,
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": _CLIENT,
                "userAgent": fields.get("user-agent"),
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": stage,
        },
        **_encoded(body, content_type=fields.get("content-type")),
    }


def _alb(*, method: str, path: str, headers: Fields, body: bytes) -> dict[str, Any]:
    group = "targetgroup/function/49e9d65c45c6791a"
    arn = f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:{group}"
    return {
        "requestContext": {"elb": {"targetGroupArn": arn}},
        "httpMethod": method,
        "path": path,
        **_encoded(body, content_type=dict(headers).get("content-type")),
    } | ({} if body else {"body": ""})


def _forwarded(headers: Fields) -> Fields:
    added = [
        ("x-forwarded-for", _CLIENT),
        ("x-forwarded-port", "443"),
        ("x-forwarded-proto", "https"),
    ]
    return [each for each in headers if each[0] not in _NOT_FORWARDED] + added


def _typed_pairs(query: str) -> Fields:
    pairs = [each.partition("=") for each in query.split("&") if each]
    return [(key, value) for key, _, value in pairs]


def _lists(pairs: Fields) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return lists


def _encoded(
    body: bytes, *, content_type: str | None = None, always: bool = False
) -> dict[str, Any]:
    # Forms are base64 too at every door that looks at the media type.
    kind = (content_type or "").partition(";")[0]
    if body and (always or not (kind == "application/json" or kind.startswith("text/"))):
        return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    return {"body": body.decode() or None, "isBase64Encoded": False}
