"""The front doors of a document: APIs by stage, Function URLs, and target groups.

Source: CloudFormation guide, the resources by their names; API Gateway guide, "OpenAPI extensions".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from asgi_lambda.local.template.intrinsics import Unresolved
from asgi_lambda.local.template.routes import ANY, DEFAULT, Route

if TYPE_CHECKING:
    from collections.abc import Collection

    from asgi_lambda.local.template.document import Document

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_ANY_METHOD: Final = "x-amazon-apigateway-any-method"
_INTEGRATION: Final = "x-amazon-apigateway-integration"
_BINARY: Final = "x-amazon-apigateway-binary-media-types"
# In the URI of an integration, or the ARN of a function, an alias or a version.
_FUNCTION: Final = re.compile(r"(?:.*function:)?(?P<name>[A-Za-z0-9]+)([:/].*)?")
_MULTI_VALUE: Final = "lambda.multi_value_headers.enabled"


class DoorSetup(NamedTuple):
    """A front door as the template has it.

    name: the logical id of the API, the Function URL or the target group. stage: of an API.
    """

    name: str
    stage: str | None
    routes: list[Route]
    binary_media_types: list[str]
    stage_variables: dict[str, str]


def doors(document: Document, functions: Collection[str], notes: list[str]) -> list[DoorSetup]:
    """All that lead to one of these functions; what cannot be served is noted."""
    found = []
    for kind, read in _KINDS.items():
        for name, properties in document.of_type(kind).items():
            try:
                setups = read(document, name, properties, notes)
            except Unresolved as error:
                notes.append(f"{name} is not served: only a deployment knows {error}")
                continue
            for setup in setups:
                served = [route for route in setup.routes if route.function in functions]
                if served:
                    found.append(setup._replace(routes=served))
    return found


def _rest_api(
    document: Document, name: str, properties: dict[str, Any], notes: list[str]
) -> list[DoorSetup]:
    value = document.resolver.value
    body = properties.get("Body") or {}
    routes = _routes(document, name, "rest-api", body, notes)
    binary = value(body.get(_BINARY) or properties.get("BinaryMediaTypes") or [])
    types = [str(each).replace("~1", "/") for each in binary]
    stages = document.of_type("AWS::ApiGateway::Stage").values()
    return [
        DoorSetup(name, value(each["StageName"]), routes, types, value(each.get("Variables") or {}))
        for each in stages
        if each.get("RestApiId") == {"Ref": name}
    ]


def _http_api(
    document: Document, name: str, properties: dict[str, Any], notes: list[str]
) -> list[DoorSetup]:
    value = document.resolver.value
    if properties.get("ProtocolType") == "WEBSOCKET":
        notes.append(f"{name} is not served: it is a WebSocket API")
        return []
    routes = _routes(document, name, "http-api", properties.get("Body") or {}, notes)
    stages = document.of_type("AWS::ApiGatewayV2::Stage").values()
    return [
        DoorSetup(
            name, value(each["StageName"]), routes, [], value(each.get("StageVariables") or {})
        )
        for each in stages
        if each.get("ApiId") == {"Ref": name}
    ]


def _function_url(
    document: Document, name: str, properties: dict[str, Any], notes: list[str]
) -> list[DoorSetup]:
    function = _function(document, properties["TargetFunctionArn"])
    mode = document.resolver.value(properties.get("InvokeMode") or "BUFFERED")
    route = Route(ANY, DEFAULT, function, "function-url", invoke_mode=mode)
    return [DoorSetup(name, None, [route], [], {})]


def _target_group(
    document: Document, name: str, properties: dict[str, Any], notes: list[str]
) -> list[DoorSetup]:
    value = document.resolver.value
    if properties.get("TargetType") != "lambda":
        return []
    attributes = {
        each["Key"]: value(each["Value"]) for each in properties.get("TargetGroupAttributes") or []
    }
    multiple = str(attributes.get(_MULTI_VALUE)).lower() == "true"
    source = "alb-multi-value" if multiple else "alb"
    return [
        DoorSetup(
            name, None, [Route(ANY, DEFAULT, _function(document, each["Id"]), source)], [], {}
        )
        for each in properties.get("Targets") or []
    ]


_KINDS: Final = {
    "AWS::ApiGateway::RestApi": _rest_api,
    "AWS::ApiGatewayV2::Api": _http_api,
    "AWS::Lambda::Url": _function_url,
    "AWS::ElasticLoadBalancingV2::TargetGroup": _target_group,
}


def _routes(document: Document, api: str, source: str, body: Any, notes: list[str]) -> list[Route]:
    """Those of an OpenAPI document that lead to functions; the others are noted."""
    found = []
    for path, operations in (body.get("paths") or {}).items():
        for key, operation in operations.items():
            if key != _ANY_METHOD and key.lower() not in _METHODS:
                continue
            method = ANY if key == _ANY_METHOD else key.upper()
            integration = operation.get(_INTEGRATION) or {}
            if str(integration.get("type")).lower() != "aws_proxy":
                notes.append(f"{api}: {method} {path} is not served: no function stands behind it")
                continue
            try:
                found.append(_route(document, source, method, path, integration))
            except Unresolved as error:
                notes.append(
                    f"{api}: {method} {path} is not served: only a deployment knows {error}"
                )
    return found


def _route(
    document: Document, source: str, method: str, path: str, integration: dict[str, Any]
) -> Route:
    value = document.resolver.value
    if source == "http-api" and str(value(integration.get("payloadFormatVersion"))) == "1.0":
        source = "http-api-v1"
    milliseconds = value(integration.get("timeoutInMillis"))
    timeout = None if milliseconds is None else float(milliseconds) / 1000
    streams = source == "rest-api" and value(integration.get("responseTransferMode")) == "STREAM"
    mode = "RESPONSE_STREAM" if streams else "BUFFERED"
    return Route(method, path, _function(document, integration["uri"]), source, timeout, mode)


def _function(document: Document, node: Any) -> str:
    """The logical id of the function that a URI or an ARN names. Raises Unresolved."""
    text = str(document.resolver.value(node))
    match = _FUNCTION.fullmatch(text)
    if match is None:
        raise Unresolved(f"the function of {text}")
    return match["name"]
