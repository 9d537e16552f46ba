"""The front doors that frameworks and examples are tried behind, as this package has them.

What these doors send and read is compared with AWS's own events in `tests/local`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from asgi_lambda.local import front_door
from asgi_lambda.local.client import connect
from asgi_lambda.local.front_door import Settings, set_up
from asgi_lambda.local.request import Request

Fields = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class FrontDoor:
    """One way into a function.

    source, settings: as `Gateway` takes them. options: arguments of `adapt` that this door needs.
    repeats_query: whether repeated keys of a query arrive.
    """

    name: str
    source: str
    settings: Settings = field(default_factory=Settings)
    options: Mapping[str, Any] = field(default_factory=dict)
    repeats_query: bool = True

    @property
    def door(self) -> front_door.FrontDoor:
        return set_up(self.source, self.settings)

    @property
    def prefix(self) -> str:
        """What clients type before the routes of the application."""
        return self.door.prefix

    @property
    def host(self) -> str:
        return self.door.domain

    @property
    def url(self) -> str:
        """What stands before the routes of the application."""
        return f"https://{self.host}{self.prefix}"

    def event(
        self, *, method: str, target: str, headers: Fields | None = None, body: bytes = b""
    ) -> dict[str, Any]:
        """The event for a request. target: path and query as typed, with the prefix."""
        fields = [("host", self.host)]
        fields += [(name, value) for name, value in headers or [] if name.lower() != "host"]
        request = Request(method, target, fields, body)
        request.path = self.door.behind_prefix(request.path)
        return self.door.event(request)


def client(*, handler: Callable[..., Any], door: FrontDoor) -> httpx.Client:
    """An HTTP client whose every request goes through `door` to `handler`."""
    return connect(handler, door.door)


REST_STAGE = FrontDoor(
    name="rest-api-stage", source="rest-api", settings={"binary_media_types": ["*/*"]}
)
REST_BASE_PATH = FrontDoor(
    name="rest-api-base-path",
    source="rest-api",
    settings={"base_path": "/base", "binary_media_types": ["*/*"]},
)
HTTP_API_V1_STAGE = FrontDoor(
    name="http-api-v1-stage", source="http-api-v1", settings={"stage": "dev"}
)
HTTP_API = FrontDoor(name="http-api", source="http-api")
HTTP_API_STAGE = FrontDoor(name="http-api-stage", source="http-api", settings={"stage": "dev"})
HTTP_API_BASE_PATH = FrontDoor(
    name="http-api-base-path",
    source="http-api",
    settings={"base_path": "/base"},
    # No field of its events has the base path.
    options={"root_path": "/base"},
)
FUNCTION_URL = FrontDoor(name="function-url", source="function-url")
ALB = FrontDoor(name="alb", source="alb", repeats_query=False)
ALB_MULTI_VALUE = FrontDoor(name="alb-multi-value", source="alb-multi-value")

WITH_PREFIX = (
    REST_STAGE,
    REST_BASE_PATH,
    HTTP_API_V1_STAGE,
    HTTP_API_STAGE,
    HTTP_API_BASE_PATH,
)
FRONT_DOORS = (*WITH_PREFIX, HTTP_API, FUNCTION_URL, ALB, ALB_MULTI_VALUE)
