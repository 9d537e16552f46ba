"""The event of each front door for a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asgi_lambda.errors import ConfigurationError
from asgi_lambda.local.alb import ALB_DOMAIN, alb, alb_multi_value
from asgi_lambda.local.payload_v1 import (
    REST_STAGE,
    domain_name,
    http_api_v1,
    rest_api,
    stage_prefix,
)
from asgi_lambda.local.payload_v2 import URL_DOMAIN, function_url, http_api
from asgi_lambda.local.request import DEFAULT_STAGE, Deployment

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_lambda.lambda_types import Event
    from asgi_lambda.local.request import Request

# By the names of the sources; the first is what the command line takes unless told otherwise.
BUILDERS: Final[dict[str, Callable[[Request, Deployment], Event]]] = {
    "http-api": http_api,
    "http-api-v1": http_api_v1,
    "rest-api": rest_api,
    "function-url": function_url,
    "alb": alb,
    "alb-multi-value": alb_multi_value,
}
# Its requests are handshakes, whose events `websocket_event` has.
WEBSOCKET: Final = "websocket-api"
# Those of API Gateway, which have stages, base paths and a timeout of their own.
STAGED: Final = ("http-api", "http-api-v1", "rest-api", WEBSOCKET)


def check(source: str, deployment: Deployment) -> None:
    """Raise ConfigurationError for a front door that is not known, or that has no such setting."""
    if source not in BUILDERS and source != WEBSOCKET:
        raise ConfigurationError(f"source: expected one of {', '.join(BUILDERS)}, got {source!r}")
    if source not in STAGED and (deployment.stage is not None or deployment.base_path):
        raise ConfigurationError(
            f"source: expected one with stages and base paths ({', '.join(STAGED)}), got {source!r}"
        )
    if source not in STAGED and deployment.integration_timeout is not None:
        raise ConfigurationError(
            f"source: expected one with an integration_timeout ({', '.join(STAGED)}), "
            f"got {source!r}"
        )


def check_http(source: str) -> None:
    """Raise ConfigurationError for a front door that takes no requests but sockets."""
    if source == WEBSOCKET:
        raise ConfigurationError(
            f"source: expected one for HTTP ({', '.join(BUILDERS)}), got {source!r}"
        )


def build(source: str, request: Request, deployment: Deployment | None = None) -> Event:
    """The event that the front door of this name sends for the request.

    Raises ConfigurationError as `check` and `check_http` do.
    """
    deployment = deployment or Deployment()
    check(source, deployment)
    check_http(source)
    return BUILDERS[source](request, deployment)


def prefix(source: str, deployment: Deployment) -> str:
    """What clients type in front of the application's paths: base path, stage, or ""."""
    if deployment.base_path or source not in STAGED:
        return deployment.base_path
    if source in ("rest-api", WEBSOCKET):
        return "/" + (deployment.stage or REST_STAGE)
    return stage_prefix(deployment.stage or DEFAULT_STAGE)


def domain(source: str, deployment: Deployment) -> str:
    """The domain name by which clients call it."""
    if source in STAGED:
        return domain_name(deployment)
    return URL_DOMAIN if source == "function-url" else ALB_DOMAIN
