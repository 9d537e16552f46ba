"""The front doors as a client sees them: a URL goes in, a Lambda event comes of it, an answer out.

`client` puts a whole HTTP client in front, so that redirects and cookies are followed as a browser
follows them.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.frameworks import events
from tests.frameworks.events import Fields

Builder = Callable[..., dict[str, Any]]

_EXECUTE_API = "abc123.execute-api.eu-west-1.amazonaws.com"
_CUSTOM_DOMAIN = "api.example.com"


class Context:
    """What an application may ask of Lambda's context, with all the time it could want."""

    aws_request_id = "5d1b8b0a-0000-4000-8000-0123456789ab"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


@dataclass(frozen=True, kw_only=True)
class FrontDoor:
    """One way into a function.

    prefix: what clients type before the routes of the application. options: arguments of `adapt`
    that this door needs. stage, base_path: as the event builder takes them.
    """

    name: str
    build: Builder
    accepts: frozenset[str]
    host: str
    prefix: str = ""
    stage: str = "$default"
    base_path: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    repeats_query: bool = True

    @property
    def url(self) -> str:
        """What stands before the routes of the application."""
        return f"https://{self.host}{self.prefix}"

    def event(
        self, *, method: str, target: str, headers: Fields | None = None, body: bytes = b""
    ) -> dict[str, Any]:
        """The event for a request. target: path and query as typed, with the prefix."""
        path, _, query = target.partition("?")
        fields = [(name.lower(), value) for name, value in headers or []]
        return self.build(
            method=method,
            path=path,
            query=query,
            headers=[("host", self.host)] + [each for each in fields if each[0] != "host"],
            body=body,
            host=self.host,
            stage=self.stage,
            base_path=self.base_path,
        )

    def read(self, response: Any) -> tuple[int, Fields, bytes]:
        """Status, headers and body that the client gets; refuses keys that AWS would refuse."""
        assert set(response) <= self.accepts
        fields = list((response.get("headers") or {}).items())
        for name, values in (response.get("multiValueHeaders") or {}).items():
            fields += [(name, value) for value in values]
        fields += [("set-cookie", cookie) for cookie in response.get("cookies", [])]
        body = response["body"]
        content = base64.b64decode(body) if response["isBase64Encoded"] else body.encode()
        return response["statusCode"], fields, content


class Transport(httpx.BaseTransport):
    """Sends a client's requests through a front door to a handler."""

    def __init__(self, handler: Callable[..., Any], door: FrontDoor) -> None:
        self.handler = handler
        self.door = door

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == self.door.host, f"nobody answers at {request.url}"
        target = request.url.raw_path.decode()
        assert (target + "/").startswith(self.door.prefix + "/"), f"nothing is at {request.url}"
        event = self.door.event(
            method=request.method,
            target=target,
            headers=request.headers.multi_items(),
            body=request.read(),
        )
        status, fields, content = self.door.read(self.handler(event, Context()))
        return httpx.Response(status, headers=fields, content=content)


def client(*, handler: Callable[..., Any], door: FrontDoor) -> httpx.Client:
    """An HTTP client whose every request goes through `door` to `handler`."""
    return httpx.Client(transport=Transport(handler, door), base_url=door.url)


_V1 = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
_V2 = frozenset({"statusCode", "headers", "cookies", "body", "isBase64Encoded"})
_SINGLE = frozenset({"statusCode", "statusDescription", "headers", "body", "isBase64Encoded"})
_MULTIPLE = _SINGLE - {"headers"} | {"multiValueHeaders"}

REST_STAGE = FrontDoor(
    name="rest-api-stage",
    build=events.rest_api_event,
    accepts=_V1,
    host=_EXECUTE_API,
    prefix="/prod",
    stage="prod",
)
REST_BASE_PATH = FrontDoor(
    name="rest-api-base-path",
    build=events.rest_api_event,
    accepts=_V1,
    host=_CUSTOM_DOMAIN,
    prefix="/base",
    stage="prod",
    base_path="/base",
)
HTTP_API_V1_STAGE = FrontDoor(
    name="http-api-v1-stage",
    build=events.http_api_v1_event,
    accepts=_V1,
    host=_EXECUTE_API,
    prefix="/dev",
    stage="dev",
)
HTTP_API = FrontDoor(name="http-api", build=events.http_api_event, accepts=_V2, host=_EXECUTE_API)
HTTP_API_STAGE = FrontDoor(
    name="http-api-stage",
    build=events.http_api_event,
    accepts=_V2,
    host=_EXECUTE_API,
    prefix="/dev",
    stage="dev",
)
HTTP_API_BASE_PATH = FrontDoor(
    name="http-api-base-path",
    build=events.http_api_event,
    accepts=_V2,
    host=_CUSTOM_DOMAIN,
    prefix="/base",
    base_path="/base",
    # No field of its events has the base path.
    options={"root_path": "/base"},
)
FUNCTION_URL = FrontDoor(
    name="function-url",
    build=events.function_url_event,
    accepts=_V2,
    host="abc123.lambda-url.eu-west-1.on.aws",
)
ALB = FrontDoor(
    name="alb", build=events.alb_event, accepts=_SINGLE, host="lb.example.com", repeats_query=False
)
ALB_MULTI_VALUE = FrontDoor(
    name="alb-multi-value",
    build=events.alb_multi_value_event,
    accepts=_MULTIPLE,
    host="lb.example.com",
)

WITH_PREFIX = (
    REST_STAGE,
    REST_BASE_PATH,
    HTTP_API_V1_STAGE,
    HTTP_API_STAGE,
    HTTP_API_BASE_PATH,
)
FRONT_DOORS = (*WITH_PREFIX, HTTP_API, FUNCTION_URL, ALB, ALB_MULTI_VALUE)
