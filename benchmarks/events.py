"""The events that the adapters get: samples of AWS's documentation, and what clients send.

A client's request is written down once, and becomes the event of each front door.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Final, NamedTuple

Event = dict[str, Any]

# Replaced in each event by a number of its own: no two requests are equal in production either.
UNIQUE: Final = "0f1e2d3c4b5a69788796a5b4"

_SAMPLES: Final = Path(__file__).parent / "events"
_BODY: Final = '{"sku": "A-1042", "quantity": 3, "note": "leave it at the door"}'

# Names as HTTP/1.1 clients and AWS write them; the front doors that lower them do so below.
_CLIENT_HEADERS: Final = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate, br",
    "Authorization": "Bearer 4f1c9a7be02d4c6f8a35d1e97b60c284",
    "Content-Type": "application/json",
    "User-Agent": "orders-client/2.11 (linux)",
}
_BROWSER_HEADERS: Final = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9,de;q=0.8",
    "Cache-Control": "max-age=0",
    "DNT": "1",
    "If-Modified-Since": "Thu, 01 Jan 2026 10:00:00 GMT",
    "If-None-Match": 'W/"5e8c-19b7a4d2f10"',
    "Priority": "u=0, i",
    "Referer": "https://shop.example.com/catalogue?category=garden&sort=price",
    "Sec-CH-UA": '"Chromium";v="142", "Not_A Brand";v="99"',
    "Sec-CH-UA-Mobile": "?0",
    "Sec-CH-UA-Platform": '"Linux"',
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-User": "?1",
    "Sec-GPC": "1",
    "Upgrade-Insecure-Requests": "1",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36",
}
_COOKIES: Final = ["session=8d2c7b1e94f0", "theme=dark", "basket=3"]


class Request(NamedTuple):
    """What a client sends, without the headers that AWS adds."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    cookies: list[str]
    body: str | None
    is_base64: bool


def client_request(*, path: str = "/orders/42") -> Request:
    """A POST of JSON by a program; about 10 headers with those of AWS."""
    return Request("POST", path, (("page", "2"),), _CLIENT_HEADERS, [], _BODY, False)


def browser_request() -> Request:
    """A GET by a browser; 25 headers with those of AWS."""
    query = (("category", "garden"), ("sort", "price"), ("page", "2"))
    return Request("GET", "/catalogue", query, _BROWSER_HEADERS, _COOKIES, None, False)


def upload_request(*, size: int) -> Request:
    """A POST of `size` bytes, which the front doors send as base64."""
    content = base64.b64encode(bytes(range(256)) * (size // 256)).decode()
    headers = {**_CLIENT_HEADERS, "Content-Type": "application/octet-stream"}
    return Request("POST", "/files", (), headers, [], content, True)


def sample(name: str) -> Event:
    """An event of AWS's documentation."""
    event: Event = json.loads((_SAMPLES / f"{name}.json").read_text())
    return event


def http_api(
    request: Request, *, domain: str = "a1b2c3.execute-api.us-east-1.amazonaws.com"
) -> Event:
    """Payload format 2.0 as an HTTP API sends it."""
    headers = _sent(request, domain, cookie=False)
    event: Event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": "&".join(f"{key}={value}" for key, value in request.query),
        "headers": {name.lower(): value for name, value in headers.items()},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3",
            "domainName": domain,
            "domainPrefix": "a1b2c3",
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": headers["User-Agent"],
            },
            "requestId": UNIQUE,
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/2026:12:00:00 +0000",
            "timeEpoch": 1767268800000,
        },
        "isBase64Encoded": request.is_base64,
    }
    if request.query:
        event["queryStringParameters"] = dict(request.query)
    if request.cookies:
        event["cookies"] = request.cookies
    if request.body is not None:
        event["body"] = request.body
    return event


def function_url(request: Request) -> Event:
    """Payload format 2.0 as a Function URL sends it."""
    return http_api(request, domain="a1b2c3.lambda-url.us-east-1.on.aws")


def rest_api(request: Request) -> Event:
    """Payload format 1.0 as a REST API sends it."""
    domain = "a1b2c3.execute-api.us-east-1.amazonaws.com"
    headers = _sent(request, domain)
    return {
        "resource": "/{proxy+}",
        "path": request.path,
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": dict(request.query) or None,
        "multiValueQueryStringParameters": {key: [value] for key, value in request.query} or None,
        "pathParameters": {"proxy": request.path.removeprefix("/")},
        "stageVariables": None,
        "requestContext": {
            "resourceId": "r1s2t3",
            "resourcePath": "/{proxy+}",
            "httpMethod": request.method,
            "extendedRequestId": UNIQUE,
            "requestTime": "01/Jan/2026:12:00:00 +0000",
            "path": f"/prod{request.path}",
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "stage": "prod",
            "domainPrefix": "a1b2c3",
            "requestTimeEpoch": 1767268800000,
            "requestId": UNIQUE,
            "identity": {
                "accessKey": None,
                "accountId": None,
                "caller": None,
                "cognitoAuthenticationProvider": None,
                "cognitoAuthenticationType": None,
                "cognitoIdentityId": None,
                "cognitoIdentityPoolId": None,
                "principalOrgId": None,
                "sourceIp": "203.0.113.7",
                "user": None,
                "userAgent": headers["User-Agent"],
                "userArn": None,
            },
            "domainName": domain,
            "apiId": "a1b2c3",
        },
        "body": request.body,
        "isBase64Encoded": request.is_base64,
    }


def http_api_v1(request: Request) -> Event:
    """Payload format 1.0 as an HTTP API sends it."""
    event = rest_api(request)
    event["version"] = "1.0"
    event["requestContext"] |= {"stage": "$default", "path": request.path}
    return event


def alb(request: Request) -> Event:
    """A load balancer's event, with one value per header."""
    headers = _sent(request, "shop-1234567890.us-east-1.elb.amazonaws.com")
    return {
        **_alb(request),
        "queryStringParameters": dict(request.query),
        "headers": {name.lower(): value for name, value in headers.items()},
    }


def alb_multi_value(request: Request) -> Event:
    """A load balancer's event, with lists of values."""
    headers = _sent(request, "shop-1234567890.us-east-1.elb.amazonaws.com")
    return {
        **_alb(request),
        "multiValueQueryStringParameters": {key: [value] for key, value in request.query},
        "multiValueHeaders": {name.lower(): [value] for name, value in headers.items()},
    }


def _alb(request: Request) -> Event:
    group = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop/49e9d65c45c6791a"
    return {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": request.method,
        "path": request.path,
        "body": request.body or "",
        "isBase64Encoded": request.is_base64,
    }


def _sent(request: Request, host: str, *, cookie: bool = True) -> dict[str, str]:
    """The client's headers and those that come with its connection and with AWS."""
    headers = {
        **request.headers,
        "Host": host,
        "X-Amzn-Trace-Id": f"Root=1-69566440-{UNIQUE}",
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    if request.body is not None:
        headers["Content-Length"] = str(_length(request.body, request.is_base64))
    if cookie and request.cookies:
        headers["Cookie"] = "; ".join(request.cookies)
    return headers


def _length(body: str, is_base64: bool) -> int:
    return len(base64.b64decode(body)) if is_base64 else len(body.encode())
