"""Every front door of the template: routes, integrations, permissions and outputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from asgi_lambda.local.events import BUILDERS, WEBSOCKET
from tests.deployment.client import ACCOUNT, REGION
from tests.deployment.translated import functions

if TYPE_CHECKING:
    from tests.deployment.stack import Stack

# The doors of the functions that have others than an HTTP API of their own.
OTHER_DOORS: Final = {
    "Hello": ["http-api", "function-url"],
    "Asgi2Class": ["http-api-v1"],
    "ScopeViewer": ["http-api", "rest-api", "function-url"],
    "FastAPI": ["http-api", "rest-api", "websocket-api"],
    "Quart": ["http-api", "websocket-api"],
    "Channels": ["http-api", "websocket-api"],
    "Chat": ["http-api", "websocket-api"],
    "Falcon": ["rest-api"],
    "Mcp": ["rest-api", "function-url"],
    "ServerSentEvents": ["function-url"],
    "LargeCsv": ["rest-api"],
}
DOORS: Final = {name: OTHER_DOORS.get(name, ["http-api"]) for name in functions()}
# Of Starlette, where there is a VPC.
BALANCED: Final = ["alb", "alb-multi-value"]
STAGES: Final = {"Litestar": "dev"}
# Every front door of these that can stream does: a function has one mode for all of them.
STREAMED: Final = ["Mcp", "ServerSentEvents", "LargeCsv"]

API_HOST: Final = f"execute-api.{REGION}.amazonaws.com"


def behind(*sources: str) -> list[str]:
    """The functions that one of these front doors leads to."""
    return [name for name, doors in DOORS.items() if set(doors) & set(sources)]


HTTP_APIS: Final = behind("http-api", "http-api-v1")
REST_APIS: Final = behind("rest-api")
FUNCTION_URLS: Final = behind("function-url")
WEBSOCKET_APIS: Final = behind("websocket-api")
ROUTES: Final = ["$connect", "$default", "$disconnect"]


def arn(stack: Stack, name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{stack.ids[name]}"


def integration_uri(stack: Stack, name: str) -> str:
    service = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions"
    return f"{service}/{arn(stack, name)}/invocations"


def streaming_uri(stack: Stack, name: str) -> str:
    """Where a REST API invokes a function that streams."""
    service = f"arn:aws:apigateway:{REGION}:lambda:path/2021-11-15/functions"
    return f"{service}/{arn(stack, name)}/response-streaming-invocations"


def from_api(api: str, path: str) -> dict[str, Any]:
    """The permission that an API needs for a path."""
    return from_arn(f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/*/{path}")


def from_arn(source: str) -> dict[str, Any]:
    return {
        "Action": "lambda:InvokeFunction",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Condition": {"ArnLike": {"AWS:SourceArn": source}},
    }


def expected_permissions(stack: Stack, name: str) -> list[dict[str, Any]]:
    permissions = []
    if name in HTTP_APIS:
        permissions.append(from_api(stack.ids[f"{name}Api"], "*"))
    if name in REST_APIS:
        # Any method of the path `/`, and of all that stand below it.
        permissions += [from_api(stack.ids[f"{name}RestApi"], path) for path in ("*/", "*/*")]
    if name in WEBSOCKET_APIS:
        api = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{stack.ids[name + 'WebSocketApi']}"
        permissions += [from_arn(f"{api}/prod/{route}") for route in ROUTES]
    if name in FUNCTION_URLS:
        # Since October 2025 a Function URL needs both.
        permissions += [
            {
                "Action": "lambda:InvokeFunctionUrl",
                "Principal": "*",
                "FunctionUrlAuthType": "NONE",
            },
            {"Action": "lambda:InvokeFunction", "Principal": "*", "InvokedViaFunctionUrl": True},
        ]
    return permissions


def permissions(stack: Stack, name: str) -> list[dict[str, Any]]:
    """Who may invoke a function, without what is the same in each statement."""
    statements = stack.statements[name]
    assert {each["Resource"] for each in statements} == {arn(stack, name)}
    assert {each["Effect"] for each in statements} == {"Allow"}
    always = {"Resource", "Effect", "Sid", "FunctionName"}
    return [{key: each[key] for key in each.keys() - always} for each in statements]


def in_order(permissions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Permissions sorted, since no order of them is promised."""
    return sorted(permissions, key=lambda each: json.dumps(each, sort_keys=True))


def test_every_front_door_that_the_package_knows_is_there() -> None:
    used = {door for doors in DOORS.values() for door in doors} | set(BALANCED)

    assert used == {*BUILDERS, WEBSOCKET}


@pytest.mark.parametrize("name", functions())
def test_those_front_doors_may_invoke_the_function_and_nobody_else(name: str, stack: Stack) -> None:
    assert in_order(permissions(stack, name)) == in_order(expected_permissions(stack, name))


@pytest.mark.parametrize("name", HTTP_APIS)
def test_http_api_passes_every_request_on(name: str, stack: Stack) -> None:
    [(key, integration)] = stack.routes[f"{name}Api"].items()

    assert key == "ANY $default"
    assert integration["IntegrationType"] == "aws_proxy"
    assert integration["IntegrationUri"] == integration_uri(stack, name)
    version = "1.0" if "http-api-v1" in DOORS[name] else "2.0"
    assert integration["PayloadFormatVersion"] == version


@pytest.mark.parametrize("name", HTTP_APIS)
def test_http_api_is_public_and_deploys_itself(name: str, stack: Stack) -> None:
    body = stack.properties[f"{name}Api"]["Body"]
    [stage] = [
        properties
        for resource, properties in stack.properties.items()
        if stack.types[resource] == "AWS::ApiGatewayV2::Stage"
        and properties["ApiId"] == stack.ids[f"{name}Api"]
    ]

    assert body["info"]["title"] == f"examples-{name}"
    assert "securitySchemes" not in body.get("components", {})
    assert stage["AutoDeploy"] is True
    assert stage["Tags"]["Application"] == "asgi-lambda-examples"
    assert stack.stages[f"{name}Api"] == [STAGES.get(name, "$default")]


@pytest.mark.parametrize("name", REST_APIS)
def test_rest_api_passes_every_request_on(name: str, stack: Stack) -> None:
    methods = stack.methods[f"{name}RestApi"]

    assert sorted(methods) == ["ANY /", "ANY /{proxy+}"]
    assert {each["type"] for each in methods.values()} == {"aws_proxy"}
    uri = streaming_uri if name in STREAMED else integration_uri
    assert {each["uri"] for each in methods.values()} == {uri(stack, name)}
    # What moto reads over.
    paths = stack.properties[f"{name}RestApi"]["Body"]["paths"].values()
    modes = {
        method["x-amazon-apigateway-integration"].get("responseTransferMode")
        for path in paths
        for method in path.values()
    }
    assert modes == {"STREAM" if name in STREAMED else None}


@pytest.mark.parametrize("name", REST_APIS)
def test_rest_api_takes_all_binary_types_and_has_one_stage(name: str, stack: Stack) -> None:
    properties = stack.properties[f"{name}RestApi"]

    assert properties["Name"] == f"examples-{name}"
    assert properties["BinaryMediaTypes"] == ["*~1*"]
    assert properties["Body"]["x-amazon-apigateway-binary-media-types"] == ["*/*"]
    assert properties["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert stack.stages[f"{name}RestApi"] == ["prod"]


@pytest.mark.parametrize("name", FUNCTION_URLS)
def test_function_url_needs_no_signature(name: str, stack: Stack) -> None:
    assert stack.urls[name]["FunctionArn"] == arn(stack, name)
    assert stack.urls[name]["AuthType"] == "NONE"
    mode = "RESPONSE_STREAM" if name in STREAMED else "BUFFERED"
    assert stack.urls[name]["InvokeMode"] == mode


@pytest.mark.parametrize("name", WEBSOCKET_APIS)
def test_websocket_api_passes_every_event_on(name: str, stack: Stack) -> None:
    api = f"{name}WebSocketApi"
    properties = stack.properties[api]

    assert properties["ProtocolType"] == "WEBSOCKET"
    assert properties["Name"] == f"examples-{name}WebSocket"
    assert properties["Tags"]["Application"] == "asgi-lambda-examples"
    assert sorted(stack.routes[api]) == ROUTES
    for integration in stack.routes[api].values():
        assert integration["IntegrationType"] == "AWS_PROXY"
        assert integration["IntegrationUri"] == integration_uri(stack, name)
    assert stack.stages[api] == ["prod"]
    assert stack.properties[f"{api}prodStage"]["AutoDeploy"] is True


def test_there_is_no_other_front_door(stack: Stack) -> None:
    websockets = {f"{name}WebSocketApi" for name in WEBSOCKET_APIS}
    assert stack.routes.keys() == {f"{name}Api" for name in HTTP_APIS} | websockets
    assert stack.methods.keys() == {f"{name}RestApi" for name in REST_APIS}
    assert stack.urls.keys() == set(FUNCTION_URLS)


def test_outputs_are_the_addresses_of_all_front_doors(stack: Stack) -> None:
    expected = {}
    for name in HTTP_APIS:
        stage = STAGES.get(name)
        address = f"https://{stack.ids[name + 'Api']}.{API_HOST}/"
        expected[f"{name}ApiUrl"] = f"{address}{stage}/" if stage else address
    for name in REST_APIS:
        expected[f"{name}RestApiUrl"] = f"https://{stack.ids[name + 'RestApi']}.{API_HOST}/prod/"
    for name in WEBSOCKET_APIS:
        expected[f"{name}WebSocketUrl"] = (
            f"wss://{stack.ids[name + 'WebSocketApi']}.{API_HOST}/prod"
        )
    for name in FUNCTION_URLS:
        expected[f"{name}FunctionUrl"] = stack.urls[name]["FunctionUrl"]

    assert stack.outputs == expected


def test_with_a_vpc_the_load_balancer_adds_two_addresses(stack: Stack, other_stack: Stack) -> None:
    added = other_stack.outputs.keys() - stack.outputs.keys()
    host = other_stack.balancers["LoadBalancer"]["DNSName"]

    assert {name: other_stack.outputs[name] for name in added} == {
        "StarletteMultiValueUrl": f"http://{host}/",
        "StarletteSingleValueUrl": f"http://{host}:8080/",
    }
    assert stack.outputs.keys() <= other_stack.outputs.keys()
