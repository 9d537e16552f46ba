"""The functions that wait for a parameter: an image, and one on Managed Instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.deployment.client import ACCOUNT, REGION
from tests.deployment.stack import create
from tests.deployment.translated import CHECKOUT, of_type, template
from tests.pages import rows

if TYPE_CHECKING:
    from tests.deployment.stack import Stack

REPOSITORY: Final = "examples/starlette:1"
PARAMETERS: Final = {
    "ContainerImage": REPOSITORY,
    "VpcId": "vpc-1",
    "InstanceSubnetIds": "subnet-1,subnet-2",
}
CONTAINER: Final = {
    "Container": "AWS::Lambda::Function",
    "ContainerLogs": "AWS::Logs::LogGroup",
    "ContainerRole": "AWS::IAM::Role",
    "ContainerUrl": "AWS::Lambda::Url",
    "ContainerUrlPublicPermissions": "AWS::Lambda::Permission",
    "ContainerURLInvokeAllowPublicAccess": "AWS::Lambda::Permission",
}
INSTANCES: Final = {
    "CapacityProvider": "AWS::Lambda::CapacityProvider",
    "CapacityProviderOperatorRole": "AWS::IAM::Role",
    "Instances": "AWS::Lambda::Function",
    "InstancesAliaslive": "AWS::Lambda::Alias",
    "InstancesApi": "AWS::ApiGatewayV2::Api",
    "InstancesApiApiGatewayDefaultStage": "AWS::ApiGatewayV2::Stage",
    "InstancesHttpApiPermission": "AWS::Lambda::Permission",
    "InstancesLogs": "AWS::Logs::LogGroup",
    "InstancesRole": "AWS::IAM::Role",
    "InstancesSecurityGroup": "AWS::EC2::SecurityGroup",
}
COMMON: Final = {
    "Timeout": 29,
    "Architectures": ["x86_64"],
    "Tags": [{"Key": "Application", "Value": "asgi-lambda-examples"}],
}


@pytest.fixture(scope="module")
def whole() -> Stack:
    """A stack with both functions."""
    return create(parameters=PARAMETERS)


def settings(stack: Stack, name: str) -> dict[str, Any]:
    """What is alike in the properties of both functions."""
    return COMMON | {
        "Role": f"arn:aws:iam::{ACCOUNT}:role/{stack.ids[name + 'Role']}",
        "LoggingConfig": {
            "LogFormat": "JSON",
            "ApplicationLogLevel": "INFO",
            "LogGroup": stack.ids[f"{name}Logs"],
        },
    }


def version(stack: Stack) -> str:
    [name] = stack.of_type("AWS::Lambda::Version")
    return name


def test_both_are_there_with_their_parameters_only(stack: Stack, whole: Stack) -> None:
    added = whole.types.keys() - stack.types.keys()

    expected = {**CONTAINER, **INSTANCES, version(whole): "AWS::Lambda::Version"}
    assert {name: whole.types[name] for name in added} == expected
    assert stack.types.keys() <= whole.types.keys()


@pytest.mark.parametrize("missing", ["VpcId", "InstanceSubnetIds"])
def test_instances_need_the_vpc_and_its_subnets(missing: str) -> None:
    some = create(parameters={name: PARAMETERS[name] for name in PARAMETERS if name != missing})

    assert not some.types.keys() & INSTANCES.keys()
    assert some.types.keys() >= CONTAINER.keys()


def test_outputs_are_their_addresses(stack: Stack, whole: Stack) -> None:
    added = {name: whole.outputs[name] for name in whole.outputs.keys() - stack.outputs.keys()}

    api = whole.ids["InstancesApi"]
    assert added == {
        "ContainerFunctionUrl": whole.urls["Container"]["FunctionUrl"],
        "InstancesApiUrl": f"https://{api}.execute-api.{REGION}.amazonaws.com/",
    }


def test_container_is_the_image_with_its_own_entry_point(whole: Stack) -> None:
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{REPOSITORY}"

    # Neither a handler, a runtime nor an ImageConfig: the image says what is started.
    assert whole.properties["Container"] == settings(whole, "Container") | {
        "PackageType": "Image",
        "Code": {"ImageUri": image},
        "MemorySize": 512,
        "Environment": {"Variables": {"ASGI_LAMBDA_INVOKE_MODE": "RESPONSE_STREAM"}},
    }


def test_container_streams_to_everybody_by_its_function_url(whole: Stack) -> None:
    assert whole.urls["Container"]["InvokeMode"] == "RESPONSE_STREAM"
    assert whole.urls["Container"]["AuthType"] == "NONE"
    actions = {each["Action"] for each in whole.statements["Container"]}
    assert actions == {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}
    assert {each["Principal"] for each in whole.statements["Container"]} == {"*"}


def test_container_is_built_of_the_dockerfile_where_that_is_asked_for() -> None:
    metadata = template()["Resources"]["Container"]["Metadata"]
    condition, dockerfile, otherwise = metadata["Dockerfile"]["Fn::If"]

    # tests/sam builds it. Without a Dockerfile `sam build` leaves it out.
    assert template()["Conditions"][condition] == {
        "Fn::Equals": [{"Ref": "ContainerImage"}, "build"]
    }
    assert (CHECKOUT / metadata["DockerContext"] / dockerfile).is_file()
    assert otherwise == ""
    arguments = metadata["DockerBuildArgs"]
    assert (CHECKOUT / "examples" / arguments["EXAMPLE"]).is_dir()
    text = (CHECKOUT / dockerfile).read_text()
    assert f"ARG PYTHON={template()['Parameters']['ContainerBase']['Default']}\n" in text
    assert all(f"ARG {name}" in text for name in arguments)


def test_instances_run_many_at_once_on_the_runtime_of_the_layer(whole: Stack) -> None:
    layers = [whole.ids[name] for name in whole.of_type("AWS::Lambda::LayerVersion")]

    properties = whole.properties["Instances"]
    assert properties.pop("Code")
    assert properties == settings(whole, "Instances") | {
        "Handler": "app.handler",
        "Runtime": "python3.13",
        "Layers": layers,
        "MemorySize": 2048,
        "Environment": {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/asgi-lambda-runtime"}},
        "CapacityProviderConfig": {
            "LambdaManagedInstancesCapacityProviderConfig": {
                "CapacityProviderArn": (
                    f"arn:aws:lambda:{REGION}:{ACCOUNT}:capacity-provider:"
                    + whole.ids["CapacityProvider"]
                ),
                "ExecutionEnvironmentMemoryGiBPerVCpu": 2,
                "PerExecutionEnvironmentMaxConcurrency": 32,
            }
        },
    }
    assert of_type(template(), "AWS::Serverless::Function")["Instances"]["CodeUri"] == (
        "examples/fastapi"
    )


def test_capacity_provider_is_in_the_given_subnets_and_limited(whole: Stack) -> None:
    properties = whole.properties["CapacityProvider"]
    role = properties["PermissionsConfig"]["CapacityProviderOperatorRoleArn"]

    assert properties["VpcConfig"] == {
        "SubnetIds": ["subnet-1", "subnet-2"],
        "SecurityGroupIds": [whole.ids["InstancesSecurityGroup"]],
    }
    assert properties["InstanceRequirements"] == {"Architectures": ["x86_64"]}
    assert properties["CapacityProviderScalingConfig"] == {
        "MaxVCpuCount": 12,
        "ScalingMode": "Auto",
    }
    assert role.endswith(whole.ids["CapacityProviderOperatorRole"])
    assert whole.properties["CapacityProviderOperatorRole"]["ManagedPolicyArns"] == [
        "arn:aws:iam::aws:policy/AWSLambdaManagedEC2ResourceOperator"
    ]


def test_security_group_lets_nobody_in(whole: Stack) -> None:
    group = whole.properties["InstancesSecurityGroup"]

    assert group["VpcId"] == "vpc-1"
    assert "SecurityGroupIngress" not in group


def test_api_calls_the_published_version_of_instances(whole: Stack) -> None:
    [(key, integration)] = whole.routes["InstancesApi"].items()
    [statement] = whole.statements["Instances"]
    alias = whole.ids["InstancesAliaslive"]

    assert alias.endswith(f"{whole.ids['Instances']}:live")
    assert whole.properties["InstancesAliaslive"]["FunctionVersion"] == "1"
    assert key == "ANY $default"
    assert f"/{alias}/" in integration["IntegrationUri"]
    assert statement["FunctionName"] == alias
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}


@pytest.mark.parametrize("name", ["Container", "Instances"])
def test_role_may_write_its_log_and_nothing_else(name: str, whole: Stack) -> None:
    assert whole.policies[name] == []
    assert whole.properties[f"{name}Role"]["ManagedPolicyArns"] == [
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    ]
    assert whole.retention[whole.ids[f"{name}Logs"]] == 7


def test_page_names_them_and_what_they_wait_for() -> None:
    table = rows(CHECKOUT / "docs/deploy.md", "## Functions that wait for a parameter")

    conditional = {
        name
        for name, each in template()["Resources"].items()
        if each["Type"] == "AWS::Serverless::Function" and "Condition" in each
    }
    assert {cells[0].strip("`") for cells in table} == conditional
    assert {cells[1] for cells in table} == {"`ContainerImage`", "`VpcId`, `InstanceSubnetIds`"}
