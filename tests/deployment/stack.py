"""The template as a stack in moto, and what AWS's own interfaces then say is there.

All of it is read while the stack exists, so that moto is at work nowhere else in the tests.
"""

from __future__ import annotations

import ast
import copy
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any, Final

from moto import mock_aws

# Moto knows their types once they are imported.
from tests.deployment import moto_instances, moto_types  # noqa: F401
from tests.deployment.client import REGION, client
from tests.deployment.translated import CODE_BUCKET, CODE_KEY, cloudformation

Json = dict[str, Any]

NAME: Final = "examples"
# None of them the default.
OTHER_PARAMETERS: Final = {
    "Runtime": "python3.11",
    "Architecture": "arm64",
    "LogRetentionInDays": "30",
    "LogLevel": "DEBUG",
}

_PROPERTIES: Final = "Properties"
# The method of an OpenAPI body that stands for all; moto keeps it as it is.
_ANY: Final = "X-AMAZON-APIGATEWAY-ANY-METHOD"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A stack that was created. The keys are logical ids, unless told otherwise.

    ids: physical ids. properties: those of the template, as CloudFormation resolved them.
    Much of those moto reads over, for example the layers of a function. statements: who may invoke
    a function. policies: what it may do, without managed policies, which moto has not. retention:
    days, by the physical id of a log group. routes, methods: integrations, by method and path.
    """

    outputs: dict[str, str]
    types: dict[str, str]
    ids: dict[str, str]
    properties: dict[str, Json]
    functions: dict[str, Json]
    statements: dict[str, list[Json]]
    policies: dict[str, list[Json]]
    urls: dict[str, Json]
    retention: dict[str, int]
    routes: dict[str, dict[str, Json]]
    stages: dict[str, list[str]]
    methods: dict[str, dict[str, Json]]
    tables: dict[str, Json]
    balancers: dict[str, Json]
    rules: dict[str, list[Json]]

    def of_type(self, kind: str) -> dict[str, str]:
        """The physical ids of all resources of a type."""
        return {name: self.ids[name] for name, each in self.types.items() if each == kind}


def create(*, parameters: dict[str, str], vpc: bool = False) -> Stack:
    """A stack of template.yaml. vpc: whether a VPC with two subnets is there and given to it."""
    with mock_aws():
        _put_code()
        given = parameters | (_make_vpc() if vpc else {})
        client("cloudformation").create_stack(
            StackName=NAME,
            TemplateBody=json.dumps(_telling(cloudformation())),
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value} for name, value in given.items()
            ],
            # No role has a name of its own, so this is enough, as in samconfig.toml.
            Capabilities=["CAPABILITY_IAM"],
        )
        return _read()


def _telling(template: Json) -> Json:
    """The template with an output for each resource: its properties, resolved."""
    telling = copy.deepcopy(template)
    for name, resource in telling["Resources"].items():
        properties = resource.get("Properties", {})
        output: Json = {"Value": {"Fn::ToJsonString": properties}}
        if "Condition" in resource:
            output["Condition"] = resource["Condition"]
        telling["Outputs"][name + _PROPERTIES] = output
    return telling


def _put_code() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", "")
    s3 = client("s3")
    s3.create_bucket(Bucket=CODE_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=CODE_BUCKET, Key=CODE_KEY, Body=content.getvalue())


def _make_vpc() -> dict[str, str]:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=REGION + zone)
        for block, zone in (("10.0.0.0/24", "a"), ("10.0.1.0/24", "b"))
    ]
    return {
        "VpcId": vpc,
        "SubnetIds": ",".join(each["Subnet"]["SubnetId"] for each in subnets),
    }


def _read() -> Stack:
    [stack] = client("cloudformation").describe_stacks(StackName=NAME)["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    paginator = client("cloudformation").get_paginator("list_stack_resources")
    resources = [
        each
        for page in paginator.paginate(StackName=NAME)
        for each in page["StackResourceSummaries"]
        # Moto lists what a condition leaves out too, without a name.
        if each["LogicalResourceId"]
    ]
    ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    types = {each["LogicalResourceId"]: each["ResourceType"] for each in resources}
    properties = {name: json.loads(outputs.pop(name + _PROPERTIES)) for name in types}

    def named(kind: str) -> dict[str, str]:
        return {name: ids[name] for name, each in types.items() if each == kind}

    functions = named("AWS::Lambda::Function")
    roles = {name: ids[f"{name}Role"] for name in functions}
    http_apis = named("AWS::ApiGatewayV2::Api")
    rest_apis = named("AWS::ApiGateway::RestApi")
    return Stack(
        outputs=outputs,
        types=types,
        ids=ids,
        properties=properties,
        functions={name: _function(each) for name, each in functions.items()},
        statements={name: _statements(each) for name, each in functions.items()},
        policies={name: _policies(each) for name, each in roles.items()},
        urls={
            name.removesuffix("Url"): _url(properties[name]["TargetFunctionArn"])
            for name in named("AWS::Lambda::Url")
        },
        retention=_retention(),
        routes={name: _routes(each) for name, each in http_apis.items()},
        stages={name: _http_stages(each) for name, each in http_apis.items()}
        | {name: _rest_stages(each) for name, each in rest_apis.items()},
        methods={name: _methods(each) for name, each in rest_apis.items()},
        tables={name: _table(each) for name, each in named("AWS::DynamoDB::Table").items()},
        balancers={
            name: _balancer(each)
            for name, each in named("AWS::ElasticLoadBalancingV2::LoadBalancer").items()
        },
        rules={
            name: _rules(each)
            for name, each in named("AWS::ElasticLoadBalancingV2::Listener").items()
        },
    )


def _function(name: str) -> Json:
    configuration: Json = client("lambda").get_function(FunctionName=name)["Configuration"]
    return configuration


def _statements(function: str) -> list[Json]:
    policy = client("lambda").get_policy(FunctionName=function)["Policy"]
    statements: list[Json] = json.loads(policy)["Statement"]
    return statements


def _url(function: str) -> Json:
    url: Json = client("lambda").get_function_url_config(FunctionName=function)
    return url


def _policies(role: str) -> list[Json]:
    iam = client("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names
    ]
    # Moto writes what came from a template as Python writes it.
    return [ast.literal_eval(each) for each in documents]


def _retention() -> dict[str, int]:
    groups = client("logs").describe_log_groups()["logGroups"]
    return {each["logGroupName"]: each["retentionInDays"] for each in groups}


def _routes(api: str) -> dict[str, Json]:
    service = client("apigatewayv2")
    integrations = {
        f"integrations/{each['IntegrationId']}": each
        for each in service.get_integrations(ApiId=api)["Items"]
    }
    routes = service.get_routes(ApiId=api)["Items"]
    return {each["RouteKey"].replace(_ANY, "ANY"): integrations[each["Target"]] for each in routes}


def _http_stages(api: str) -> list[str]:
    stages = client("apigatewayv2").get_stages(ApiId=api)["Items"]
    return [each["StageName"] for each in stages]


def _rest_stages(api: str) -> list[str]:
    stages = client("apigateway").get_stages(restApiId=api)["item"]
    return [each["stageName"] for each in stages]


def _methods(api: str) -> dict[str, Json]:
    service = client("apigateway")
    return {
        f"{method.replace(_ANY, 'ANY')} {resource['path']}": service.get_integration(
            restApiId=api, resourceId=resource["id"], httpMethod=method
        )
        for resource in service.get_resources(restApiId=api)["items"]
        for method in resource.get("resourceMethods", {})
    }


def _table(name: str) -> Json:
    table: Json = client("dynamodb").describe_table(TableName=name)["Table"]
    return table


def _balancer(arn: str) -> Json:
    [balancer] = client("elbv2").describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
    found: Json = balancer
    return found


def _rules(listener: str) -> list[Json]:
    rules: list[Json] = client("elbv2").describe_rules(ListenerArn=listener)["Rules"]
    return rules
