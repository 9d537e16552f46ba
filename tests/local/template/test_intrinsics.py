"""Intrinsic functions: what is known without a deployment, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from asgi_lambda.local.template.intrinsics import Resolver, Unresolved

DOCUMENT: dict[str, Any] = {
    "Resources": {
        "Hello": {"Type": "AWS::Lambda::Function"},
        "Live": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {"FunctionName": {"Ref": "Hello"}},
        },
        "Table": {"Type": "AWS::DynamoDB::Table"},
    },
    "Conditions": {
        "Yes": {"Fn::Equals": [{"Ref": "Stage"}, "dev"]},
        "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
        "Either": {"Fn::Or": [{"Condition": "Yes"}, {"Condition": "No"}]},
    },
    "Mappings": {"Sizes": {"dev": {"memory": 128}}},
}
ARN = "arn:aws:lambda:us-east-1:123456789012:function:Hello"


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    return Resolver(DOCUMENT, {"Stage": "dev", "Zones": ["a", "b"]})


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ("plain", "plain"),
        ({"a": [1, {"Ref": "Stage"}], "b": True}, {"a": [1, "dev"], "b": True}),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "Hello"}, "Hello"),
        ({"Ref": "Live"}, ARN),
        ({"Ref": "Table"}, "Table"),
        ({"Ref": "AWS::NoValue"}, None),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}, {"b": [1]}),
        ({"Fn::GetAtt": ["Hello", "Arn"]}, ARN),
        ({"Fn::GetAtt": "Hello.Arn"}, ARN),
        ({"Fn::Sub": "${Stage}-${Hello.Arn}-${!Stage}-${AWS::Partition}"},
         f"dev-{ARN}-${{Stage}}-aws"),
        ({"Fn::Sub": ["${x}/${Stage}", {"x": {"Ref": "Stage"}}]}, "dev/dev"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]}, "a-dev"),
        ({"Fn::Join": [",", {"Ref": "Zones"}]}, "a,b"),
        ({"Fn::Select": [1, {"Ref": "Zones"}]}, "b"),
        ({"Fn::Split": ["|", "a|b"]}, ["a", "b"]),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "memory"]}, 128),
        ({"Fn::Base64": "a"}, "YQ=="),
        ({"Fn::If": ["Yes", "then", "else"]}, "then"),
        ({"Fn::If": ["No", "then", "else"]}, "else"),
        ({"Condition": {"StringLike": "x"}}, {"Condition": {"StringLike": "x"}}),
    ],
)  # fmt: skip
def test_value(resolver: Resolver, node: Any, value: Any) -> None:
    assert resolver.value(node) == value


@pytest.mark.parametrize(
    ("name", "holds"), [("Yes", True), ("No", False), ("Both", False), ("Either", True)]
)
def test_condition(resolver: Resolver, name: str, holds: bool) -> None:
    assert resolver.condition(name) is holds


@pytest.mark.parametrize(
    ("node", "named"),
    [
        ({"Fn::ImportValue": "other"}, "Fn::ImportValue"),
        ({"Ref": "Nothing"}, "Ref Nothing"),
        ({"Fn::GetAtt": ["Table", "Arn"]}, "Fn::GetAtt Table.Arn"),
        ({"Fn::Sub": "${Table.Arn}"}, "Fn::GetAtt Table.Arn"),
        ({"Fn::Select": [2, ["a"]]}, "Fn::Select 2"),
        ({"Fn::FindInMap": ["Sizes", "prod", "memory"]}, "Fn::FindInMap Sizes"),
        ({"Fn::FindInMap": ["None", "dev", "memory"]}, "Fn::FindInMap None"),
        ({"Fn::If": ["Unknown", 1, 2]}, "Condition Unknown"),
    ],
)
def test_what_only_a_deployment_knows(resolver: Resolver, node: Any, named: str) -> None:
    with pytest.raises(Unresolved, match=named):
        resolver.value(node)


def test_names_of_resources_are_noted(resolver: Resolver) -> None:
    resolver.value({"Fn::Sub": "${Table}-${Hello}"})
    assert resolver.stand_ins == ["Table"]


def test_region_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert Resolver(DOCUMENT, {}).value({"Ref": "AWS::Region"}) == "eu-west-1"
