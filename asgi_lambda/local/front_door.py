"""A front door as it is set up: a request becomes its event, a Lambda response its answer.

Joins what the modules beside it know; does no I/O and calls no function.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypedDict

from asgi_lambda.errors import ConfigurationError
from asgi_lambda.local.answer import Answer, MalformedResponse, UndecodableBody, as_json, read
from asgi_lambda.local.authorizer import Authorizer
from asgi_lambda.local.events import STAGED, WEBSOCKET, build, check, domain, prefix
from asgi_lambda.local.limits import check_body, check_event, check_headers
from asgi_lambda.local.refusal import Cause, Refused, refuse
from asgi_lambda.local.request import Deployment, Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from asgi_lambda.lambda_types import Event

# The request's id in the answer, where clients get to see it.
_ID_HEADER: Final = {
    "rest-api": "x-amzn-requestid",
    "http-api": "apigw-requestid",
    "http-api-v1": "apigw-requestid",
    "function-url": "x-amzn-requestid",
}
# Seconds. Source: API Gateway guide, "Quotas".
_PATIENCE: Final = {"rest-api": 29.0, "http-api": 30.0, "http-api-v1": 30.0, WEBSOCKET: 29.0}
# Seconds for a whole stream, and between its parts behind a regional or a private endpoint. Source:
# API Gateway guide, "Stream the integration response for your proxy integrations".
_STREAM_PATIENCE: Final = {"rest-api": 900.0}
_STREAM_IDLE: Final = {"rest-api": 300.0}
# The front doors that can pass a response on as it comes, and the mode in which they do.
STREAMING: Final = ("function-url", "rest-api")
MODES: Final = ("BUFFERED", "RESPONSE_STREAM")


class Settings(TypedDict, total=False):
    """How a front door and its function are set up; each can be left out.

    stage, base_path, binary_media_types, integration_timeout (s): of the API. timeout: of the
    function (s). claims, authorizer: what the API's authorizer says of every caller. routes: of
    messages, beside `$default`; route_selection_expression: how one names its route. invoke_mode:
    BUFFERED or RESPONSE_STREAM, by which a REST API has the response transfer mode STREAM.
    throttle: invocations per second that Lambda takes of the function.
    """

    stage: str | None
    base_path: str | None
    binary_media_types: Iterable[str]
    integration_timeout: float | None
    timeout: float
    claims: Mapping[str, Any] | None
    authorizer: Mapping[str, Any] | None
    routes: Iterable[str]
    route_selection_expression: str | None
    invoke_mode: str | None
    throttle: float | None


class FrontDoor:
    """Requests in, answers out.

    source: its name. domain: its name on AWS. prefix: what clients type in front of the
    application's paths. streams: whether it passes a response on as it comes. patience: seconds it
    waits for the function, or the whole of a stream, and idle: for more of a stream; None where it
    waits as long as that may take.
    Raises ConfigurationError for settings that it does not have.
    """

    __slots__ = (
        "_authorizer",
        "deployment",
        "domain",
        "idle",
        "patience",
        "prefix",
        "source",
        "streams",
    )

    def __init__(
        self,
        source: str,
        deployment: Deployment | None = None,
        authorizer: Authorizer | None = None,
        invoke_mode: str | None = None,
    ) -> None:
        self.deployment = deployment or Deployment()
        check(source, self.deployment)
        self.source = source
        self.domain = domain(source, self.deployment)
        self.prefix = prefix(source, self.deployment)
        self.streams = _streams(source, invoke_mode)
        patience = (_STREAM_PATIENCE if self.streams else _PATIENCE).get(source)
        self.patience = self.deployment.integration_timeout or patience
        self.idle = _STREAM_IDLE.get(source)
        self._authorizer = authorizer or Authorizer(source)

    def behind_prefix(self, path: str) -> str:
        """The path below stage or base path, both percent-encoded. Raises Refused."""
        if self.prefix and not f"{path}/".startswith(f"{self.prefix}/"):
            raise Refused(Cause.ELSEWHERE, f"expected a path below {self.prefix}/")
        return path.removeprefix(self.prefix) or "/"

    def check_body(self, size: int) -> None:
        """Raise Refused where a request body of so many bytes is too large."""
        check_body(self.source, size)

    def event(self, request: Request) -> Event:
        """The event of a request. Raises Refused where it is too large."""
        check_headers(self.source, request)
        check_body(self.source, len(request.body))
        event = self.sign(build(self.source, request, self.deployment))
        check_event(event)
        return event

    def sign(self, event: Event) -> Event:
        """An event of one's own, with what the authorizer says."""
        return self._authorizer.sign(event)

    def read(self, response: Any, request: Request, request_id: str) -> Answer:
        """The answer that a Lambda response becomes. Raises Refused for a malformed one.

        request_id: what `request_id` tells of the event, before the function may have changed it.
        """
        try:
            answer = read(
                self.source,
                response,
                method=request.method,
                accept=next(iter(request.values("accept")), ""),
                binary_media_types=self.deployment.binary_media_types,
            )
        except UndecodableBody as error:
            raise Refused(Cause.BASE64, str(error)) from error
        except MalformedResponse as error:
            raise Refused(Cause.FAILED, str(error)) from error
        answer.headers += self.identify(request_id)
        return answer

    def read_unstreamed(self, response: Any, request_id: str) -> Answer:
        """The answer to whom a stream was to be passed on, where the function returned a response.

        A Function URL then does not look into it. Raises Refused.
        """
        if self.source != "function-url":
            raise Refused(Cause.FAILED, "expected a stream, got a response that was returned")
        try:
            body = json.dumps(as_json(self.source, response)).encode()
        except MalformedResponse as error:
            raise Refused(Cause.FAILED, str(error)) from error
        headers = [("content-type", "application/json"), ("content-length", str(len(body)))]
        return Answer(200, headers + self.identify(request_id), body)

    def identify(self, request_id: str) -> list[tuple[str, str]]:
        """The headers with the front door's own id of a request."""
        return [(_ID_HEADER[self.source], request_id)] if self.source in _ID_HEADER else []

    def request_id(self, event: Event) -> str:
        """The front door's own id of a request, "" where it has none."""
        found: str = event["requestContext"].get("requestId", "")
        return found

    def refuse(self, cause: Cause) -> Answer:
        """Its own answer."""
        return refuse(self.source, cause)


def set_up(source: str, settings: Settings) -> FrontDoor:
    """The front door of this name. Raises ConfigurationError."""
    if source != WEBSOCKET and (
        settings.get("routes") or settings.get("route_selection_expression")
    ):
        raise ConfigurationError(f"routes: expected the source {WEBSOCKET}, got {source!r}")
    deployment = Deployment(
        settings.get("stage"),
        settings.get("base_path") or "",
        settings.get("binary_media_types", ()),
        settings.get("integration_timeout"),
    )
    authorizer = Authorizer(source, settings.get("claims"), settings.get("authorizer"))
    return FrontDoor(source, deployment, authorizer, settings.get("invoke_mode"))


def applicable(source: str, settings: Settings) -> Settings:
    """Those settings that the front door of this name has; each may be missing as well."""
    kept = settings.copy()
    if source not in STAGED:
        kept["stage"] = kept["base_path"] = kept["integration_timeout"] = kept["claims"] = None
        if source != "function-url":
            kept["authorizer"] = None
    if source not in STREAMING:
        kept["invoke_mode"] = None
    return kept


def _streams(source: str, invoke_mode: str | None) -> bool:
    """Whether a front door streams. Raises ConfigurationError."""
    if invoke_mode not in (None, *MODES):
        raise ConfigurationError(f"invoke_mode: expected {' or '.join(MODES)}, got {invoke_mode!r}")
    if invoke_mode != "RESPONSE_STREAM":
        return False
    if source not in STREAMING:
        raise ConfigurationError(
            f"invoke_mode: expected BUFFERED for {source!r}, since {' and '.join(STREAMING)} "
            f"stream alone, got {invoke_mode!r}"
        )
    return True
