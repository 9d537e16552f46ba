"""A front door with the routes of its template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgi_lambda.local.authorizer import Authorizer
from asgi_lambda.local.front_door import FrontDoor, applicable
from asgi_lambda.local.refusal import Cause, Refused
from asgi_lambda.local.request import Deployment
from asgi_lambda.local.template import routes

if TYPE_CHECKING:
    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.front_door import Settings
    from asgi_lambda.local.request import Request
    from asgi_lambda.local.template.doors import DoorSetup
    from asgi_lambda.local.template.routes import Match, Route

# Where a request may take a route, a front door and its function.
Key = tuple[str, str | None, str]


def settings_of(setup: DoorSetup, route: Route, claims: Settings) -> Settings:
    """The settings of one of its routes; claims: those of every caller, where the door has such."""
    settings: Settings = {
        **claims,
        "stage": setup.stage,
        "binary_media_types": setup.binary_media_types,
        "integration_timeout": route.timeout,
        "invoke_mode": route.invoke_mode,
    }
    return applicable(route.source, settings)


class RoutedDoor(FrontDoor):
    """One front door of a stack, for the routes that have one payload format and invoke mode.

    Its events say which route they came by.
    """

    __slots__ = ("_setup",)

    def __init__(self, setup: DoorSetup, route: Route, claims: Settings) -> None:
        settings = settings_of(setup, route, claims)
        deployment = Deployment(
            settings.get("stage"),
            binary_media_types=setup.binary_media_types,
            integration_timeout=settings.get("integration_timeout"),
        )
        authorizer = Authorizer(route.source, settings.get("claims"), settings.get("authorizer"))
        super().__init__(route.source, deployment, authorizer, settings.get("invoke_mode"))
        self._setup = setup

    def find(self, method: str, path: str) -> Match:
        """The route of a request; path: behind the prefix. Raises Refused."""
        match = routes.find(self._setup.routes, method, path)
        if match is None:
            raise Refused(Cause.ROUTE, f"expected a route of {self._setup.name}, got none")
        return match

    def event(self, request: Request) -> Event:
        """As of any front door, and what the route and the stage add."""
        match = self.find(request.method, request.path)
        event: dict[str, Any] = super().event(request)
        routes.describe(event, match)
        if self._setup.stage_variables:
            event["stageVariables"] = self._setup.stage_variables
        return event
