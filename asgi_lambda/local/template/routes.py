"""Routes of an API: which one takes a request, and what its event says of it.

Source: API Gateway guide, "Routes for HTTP APIs" and "Set up a proxy resource".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from asgi_lambda.lambda_types import Event

ANY: Final = "ANY"
# Of an HTTP API; of front doors without routes too.
DEFAULT: Final = "$default"


class Route(NamedTuple):
    """method: upper case, or ANY. path: as `/items/{id}`, or DEFAULT. function: its logical id.

    source: what the function gets; an API may have routes of both payload formats. timeout: of the
    integration (s), None for the most. invoke_mode: RESPONSE_STREAM where the response is passed on
    as it comes.
    """

    method: str
    path: str
    function: str
    source: str
    timeout: float | None = None
    invoke_mode: str = "BUFFERED"


class Match(NamedTuple):
    """parameters: of the path, as the event has them."""

    route: Route
    parameters: dict[str, str]


def find(routes: Iterable[Route], method: str, path: str) -> Match | None:
    """The route that takes a request; path: percent-encoded, without stage and base path.

    The most specific path wins, segment by segment; an HTTP API then looks for one that has the
    method, where a REST API has no other.
    """
    found: list[tuple[tuple[int, ...], Match]] = []
    for route in routes:
        match = _match(route, path)
        if match is not None:
            found.append((_rank(route), match))
    if not found:
        return None
    found.sort(key=lambda each: each[0])
    if found[0][1].route.source == "rest-api":
        found = [each for each in found if each[1].route.path == found[0][1].route.path]
    # A method that is named goes before ANY, on the same path alone: sorting is stable.
    fitting = [each for each in found if each[1].route.method in (method, ANY)]
    if not fitting:
        return None
    return min(fitting, key=lambda each: (each[0], each[1].route.method == ANY))[1]


def describe(event: Event, match: Match) -> None:
    """Write into an event which route it came by."""
    route, parameters = match
    context = event["requestContext"]
    if route.source == "http-api":
        key = DEFAULT if route.path == DEFAULT else f"{route.method} {route.path}"
        event["routeKey"] = context["routeKey"] = key
        if parameters:
            event["pathParameters"] = parameters
    elif route.source in ("rest-api", "http-api-v1"):
        event["resource"] = context["resourcePath"] = route.path
        event["pathParameters"] = parameters or None


def _match(route: Route, path: str) -> Match | None:
    if route.path == DEFAULT:
        return Match(route, {})
    # A REST API takes a slash at the end for none.
    typed = path.rstrip("/") if route.source == "rest-api" else path
    parameters = _parameters(_segments(route.path), _segments(typed))
    if parameters is None:
        return None
    if route.source != "rest-api":
        parameters = {name: unquote(value) for name, value in parameters.items()}
    return Match(route, parameters)


def _segments(path: str) -> list[str]:
    stripped = path.removeprefix("/")
    return stripped.split("/") if stripped else []


def _parameters(expected: Sequence[str], typed: Sequence[str]) -> dict[str, str] | None:
    """The values of the path's parameters, None where it does not fit."""
    parameters: dict[str, Any] = {}
    for index, segment in enumerate(expected):
        rest = typed[index:]
        if _kind(segment) == _GREEDY:
            value = "/".join(rest).strip("/")
            return {**parameters, segment[1:-2]: value} if value else None
        if not rest or not rest[0]:
            return None
        if _kind(segment) == _VARIABLE:
            parameters[segment[1:-1]] = rest[0]
        elif unquote(segment) != unquote(rest[0]):
            return None
    return parameters if len(expected) == len(typed) else None


_STATIC, _VARIABLE, _GREEDY, _LAST = range(4)


def _kind(segment: str) -> int:
    if not (segment.startswith("{") and segment.endswith("}")):
        return _STATIC
    return _GREEDY if segment.endswith("+}") else _VARIABLE


def _rank(route: Route) -> tuple[int, ...]:
    if route.path == DEFAULT:
        return (_LAST,)
    return tuple(_kind(segment) for segment in _segments(route.path))
