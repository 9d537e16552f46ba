"""Functions and front doors of templates, and what is said of those that cannot be served."""

from __future__ import annotations

from pathlib import Path

import pytest

from asgi_lambda.errors import ConfigurationError
from asgi_lambda.local.template.doors import DoorSetup
from asgi_lambda.local.template.routes import Route
from asgi_lambda.local.template.stack import FunctionSetup
from tests.local.template.templates import HEAD, STREAMS, TWO, read

FUNCTION = """
  %s:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, Runtime: %s, %s}
"""
CODE = "CodeUri: shop"


def single(more: str = CODE, runtime: str = "python3.13") -> str:
    return HEAD + "Resources:" + FUNCTION % ("One", runtime, more)


def test_functions(tmp_path: Path) -> None:
    found = read(tmp_path, Greeting="hello")
    assert found.functions == {
        "Shop": FunctionSetup(
            "Shop", "app.handler", str(tmp_path / "shop"), [], {"GREETING": "hello"}, 20.0
        ),
        "Users": FunctionSetup("Users", "app.handler", str(tmp_path / "users"), [], {}, 20.0),
    }
    assert found.notes == []


def test_doors(tmp_path: Path) -> None:
    found = read(tmp_path, Balanced="yes")
    for door in found.doors:
        door.routes.sort(key=lambda route: route.path)
    assert sorted(found.doors) == [
        DoorSetup(
            "Api",
            "dev",
            [
                Route("GET", "/items/{id}", "Shop", "rest-api"),
                Route("ANY", "/users/{proxy+}", "Users", "rest-api"),
            ],
            [],
            {"color": "blue"},
        ),
        DoorSetup("Group", None, [Route("ANY", "$default", "Users", "alb-multi-value")], [], {}),
        DoorSetup(
            "ServerlessHttpApi",
            "$default",
            [
                Route("GET", "/new/{id}", "Users", "http-api"),
                Route("GET", "/old", "Shop", "http-api-v1"),
            ],
            [],
            {},
        ),
        DoorSetup("ShopUrl", None, [Route("ANY", "$default", "Shop", "function-url")], [], {}),
    ]
    assert [door.name for door in found.doors_of("Users")] == ["Api", "ServerlessHttpApi", "Group"]


def test_target_groups_of_other_kinds(tmp_path: Path) -> None:
    text = TWO.replace("    Condition: HasBalancer\n", "")
    found = read(tmp_path, text.replace("'true'}", "'false'}"))
    assert found.doors[-1].routes[0].source == "alb"
    assert "Group" not in [door.name for door in read(tmp_path, text.replace(
        "TargetType: lambda", "TargetType: ip")).doors]  # fmt: skip


def test_alias_leads_to_its_function(tmp_path: Path) -> None:
    text = single(f"{CODE}, AutoPublishAlias: live, FunctionUrlConfig: {{AuthType: NONE}}")
    [door] = read(tmp_path, text).doors
    assert door.routes == [Route("ANY", "$default", "One", "function-url")]


def test_timeouts_and_binary_types_of_an_api(tmp_path: Path) -> None:
    event = "Events: {A: {Type: Api, Properties: {Path: /, Method: GET, RestApiId: !Ref Api, "
    event += "TimeoutInMillis: 5000}}}"
    api = "\n  Api: {Type: AWS::Serverless::Api, Properties: "
    api += "{StageName: prod, OpenApiVersion: 3.0.1, BinaryMediaTypes: ['image~1*']}}\n"
    [door] = read(tmp_path, single(f"{CODE}, {event}") + api).doors
    assert door.binary_media_types == ["image/*"]
    assert door.routes[0].timeout == 5.0
    assert door.stage_variables == {}


def test_front_doors_that_stream(tmp_path: Path) -> None:
    api, url = read(tmp_path, STREAMS, "one").doors
    assert {route.path: route.invoke_mode for route in api.routes} == {
        "/whole": "BUFFERED",
        "/parts": "RESPONSE_STREAM",
    }
    assert [route.invoke_mode for route in url.routes] == ["RESPONSE_STREAM"]


def test_variables_that_only_a_deployment_has(tmp_path: Path) -> None:
    variables = "{A: !Ref Table, B: !GetAtt Table.Arn, C: true, D: 1}"
    text = single(f"{CODE}, Environment: {{Variables: {variables}}}")
    found = read(tmp_path, text + "  Table: {Type: AWS::Serverless::SimpleTable}\n")
    assert found.functions["One"].variables == {"A": "Table", "C": "true", "D": "1"}
    assert found.notes == [
        "One has the logical id Table in its variable A: that resource is not here",
        "One has no variable B: only a deployment knows Fn::GetAtt Table.Arn",
        "One has no front door: no HTTP event, Function URL or target group",
    ]


def test_layers_of_the_template(tmp_path: Path) -> None:
    (tmp_path / "first" / "python").mkdir(parents=True)
    (tmp_path / "second" / "python").mkdir(parents=True)
    (tmp_path / "bare").mkdir()
    layers = "Layers: [!Ref First, !Ref Second, !Ref Bare, 'arn:aws:lambda:x']"
    text = single(f"{CODE}, {layers}")
    for name in ("First", "Second", "Bare"):
        text += f"  {name}: {{Type: AWS::Serverless::LayerVersion, "
        text += f"Properties: {{ContentUri: {name.lower()}}}}}\n"
    expected = [str(tmp_path / "second" / "python"), str(tmp_path / "first" / "python")]
    assert read(tmp_path, text).functions["One"].layers == expected
    no_list = single(f"{CODE}, Layers: !If [C, [], []]")
    no_list += "Conditions: {C: !Equals [a, a]}\n"
    assert read(tmp_path, no_list).functions["One"].layers == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (single("PackageType: Image").replace("Runtime: python3.13, ", "").replace(
            "Handler: app.handler, ", ""), "its code is an image"),
        (single(runtime="nodejs22.x"), "its runtime is nodejs22.x"),
        (single("InlineCode: pass"), "its code is not in a folder"),
        (single("CodeUri: s3://bucket/key"), "its code is not in a folder"),
        (single("CodeUri: nowhere"), "its code is not in a folder: nowhere"),
        (single("CodeUri: !ImportValue x"), "Fn::ImportValue"),
    ],
)  # fmt: skip
def test_functions_that_are_not_served(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ConfigurationError, match="expected a function with Python code") as raised:
        read(tmp_path, text)
    assert f"One is not served: {reason}" in str(raised.value)


def test_plain_function_of_cloudformation(tmp_path: Path) -> None:
    text = "Resources:\n  One: {Type: AWS::Lambda::Function, Properties: "
    found = read(tmp_path, text + "{Handler: app.handler, Runtime: python3.13, Code: shop}}\n")
    assert found.functions["One"].timeout == 3.0


BODY = """
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      DefinitionBody:
        openapi: 3.0.1
        paths:
          /mock:
            get: {x-amazon-apigateway-integration: {type: http_proxy, uri: x}}
            parameters: []
          /elsewhere:
            get: {x-amazon-apigateway-integration: {type: aws_proxy, uri: !ImportValue x}}
          /odd:
            get: {x-amazon-apigateway-integration: {type: aws_proxy, uri: '!'}}
          /one:
            get: {x-amazon-apigateway-integration: {type: aws_proxy, uri: !GetAtt One.Arn}}
          /foreign:
            get: {x-amazon-apigateway-integration: {type: aws_proxy, uri: 'function:Other'}}
  Chat: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: WEBSOCKET}}
  Foreign: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: Elsewhere}}
  Imported: {Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !ImportValue x}}
"""


def test_routes_that_are_not_served(tmp_path: Path) -> None:
    found = read(tmp_path, single() + BODY)
    [door] = found.doors
    assert door.routes == [Route("GET", "/one", "One", "http-api")]
    assert sorted(found.notes) == [
        "Api: GET /elsewhere is not served: only a deployment knows Fn::ImportValue",
        "Api: GET /mock is not served: no function stands behind it",
        "Api: GET /odd is not served: only a deployment knows the function of !",
        "Chat is not served: it is a WebSocket API",
        "Imported is not served: only a deployment knows Fn::ImportValue",
    ]


def test_names_that_differ_in_their_case_alone(tmp_path: Path) -> None:
    text = single() + (FUNCTION % ("ONE", "python3.13", CODE)).removeprefix("\n")
    with pytest.raises(ConfigurationError, match="more than their case, got One and ONE"):
        read(tmp_path, text)
