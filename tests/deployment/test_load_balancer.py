"""The load balancer in front of Starlette: there with a VPC and its subnets, and only then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.deployment.client import ACCOUNT, REGION
from tests.deployment.stack import create

if TYPE_CHECKING:
    from tests.deployment.stack import Stack

ADDED: Final = {
    "LoadBalancer": "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "LoadBalancerSecurityGroup": "AWS::EC2::SecurityGroup",
    "MultiValueTargetGroup": "AWS::ElasticLoadBalancingV2::TargetGroup",
    "SingleValueTargetGroup": "AWS::ElasticLoadBalancingV2::TargetGroup",
    "StarletteLoadBalancerPermission": "AWS::Lambda::Permission",
    "MultiValueListener": "AWS::ElasticLoadBalancingV2::Listener",
    "MultiValueListenerRule": "AWS::ElasticLoadBalancingV2::ListenerRule",
    "SingleValueListener": "AWS::ElasticLoadBalancingV2::Listener",
    "SingleValueListenerRule": "AWS::ElasticLoadBalancingV2::ListenerRule",
}

both_kinds = pytest.mark.parametrize(
    ("kind", "port", "multi_value"), [("MultiValue", 80, "true"), ("SingleValue", 8080, "false")]
)


def test_only_the_load_balancer_depends_on_the_vpc(stack: Stack, other_stack: Stack) -> None:
    added = other_stack.types.keys() - stack.types.keys()

    assert {name: other_stack.types[name] for name in added} == ADDED
    assert stack.types.keys() <= other_stack.types.keys()


@pytest.mark.parametrize("parameter", ["VpcId", "SubnetIds"])
def test_one_of_the_two_parameters_is_not_enough(parameter: str, stack: Stack) -> None:
    assert create(parameters={parameter: "vpc-1"}).types.keys() == stack.types.keys()


def test_load_balancer_is_public_and_in_the_given_subnets(other_stack: Stack) -> None:
    balancer = other_stack.balancers["LoadBalancer"]

    assert balancer["Scheme"] == "internet-facing"
    assert balancer["Type"] == "application"
    assert [each["ZoneName"] for each in balancer["AvailabilityZones"]] == [
        f"{REGION}a",
        f"{REGION}b",
    ]
    assert balancer["SecurityGroups"] == [other_stack.ids["LoadBalancerSecurityGroup"]]
    assert balancer["VpcId"] == other_stack.properties["LoadBalancerSecurityGroup"]["VpcId"]


def test_security_group_lets_in_what_the_listeners_listen_to(other_stack: Stack) -> None:
    ingress = other_stack.properties["LoadBalancerSecurityGroup"]["SecurityGroupIngress"]

    assert [(each["FromPort"], each["ToPort"]) for each in ingress] == [(80, 80), (8080, 8080)]
    assert {(each["IpProtocol"], each["CidrIp"]) for each in ingress} == {("tcp", "0.0.0.0/0")}


@both_kinds
def test_listener_passes_every_path_on(
    kind: str, port: int, multi_value: str, other_stack: Stack
) -> None:
    listener = other_stack.properties[f"{kind}Listener"]
    rule, default = other_stack.rules[f"{kind}Listener"]

    assert (listener["Protocol"], listener["Port"]) == ("HTTP", port)
    assert listener["LoadBalancerArn"] == other_stack.ids["LoadBalancer"]
    assert rule["Conditions"] == [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["*"]}}]
    target = other_stack.ids[f"{kind}TargetGroup"]
    assert rule["Actions"] == [{"Type": "forward", "TargetGroupArn": target}]
    assert default["IsDefault"] is True
    assert default["Actions"][0]["FixedResponseConfig"] == {"StatusCode": "404"}


@both_kinds
def test_target_group_sends_its_form_of_headers_to_starlette(
    kind: str, port: int, multi_value: str, other_stack: Stack
) -> None:
    assert other_stack.properties[f"{kind}TargetGroup"] == {
        "TargetType": "lambda",
        "TargetGroupAttributes": [
            {"Key": "lambda.multi_value_headers.enabled", "Value": multi_value}
        ],
        "Targets": [{"Id": other_stack.functions["Starlette"]["FunctionArn"]}],
    }


def test_target_groups_of_this_account_may_invoke_starlette(other_stack: Stack) -> None:
    principals = {
        each["Principal"]["Service"]: each for each in other_stack.statements["Starlette"]
    }
    permission = principals.pop("elasticloadbalancing.amazonaws.com")

    assert principals.keys() == {"apigateway.amazonaws.com"}
    assert permission["Action"] == "lambda:InvokeFunction"
    source = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/*"
    assert permission["Condition"] == {"ArnLike": {"AWS:SourceArn": source}}
    for kind in ("MultiValue", "SingleValue"):
        group = other_stack.ids[f"{kind}TargetGroup"]
        assert group.startswith(source.removesuffix("*"))
