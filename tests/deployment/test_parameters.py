"""What the parameters of the template and the settings of the SAM CLI do."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final

import pytest

from tests.deployment.stack import OTHER_PARAMETERS
from tests.deployment.translated import CHECKOUT, cloudformation, functions, template

if TYPE_CHECKING:
    from tests.deployment.stack import Stack

PARAMETERS: Final = template()["Parameters"]
# Of what is there only with them.
CONDITIONAL: Final = {
    *("VpcId", "SubnetIds", "InstanceSubnetIds"),
    *("ContainerImage", "ContainerBase"),
}
SETTINGS: Final = tomllib.loads((CHECKOUT / "samconfig.toml").read_text())["default"]


def test_other_stack_has_another_value_for_each_parameter() -> None:
    assert PARAMETERS.keys() == OTHER_PARAMETERS.keys() | CONDITIONAL
    for name, value in OTHER_PARAMETERS.items():
        assert str(PARAMETERS[name]["Default"]) != value
        assert value in [str(each) for each in PARAMETERS[name]["AllowedValues"]]


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameter_has_a_default_and_a_description(name: str) -> None:
    assert "Default" in PARAMETERS[name]
    assert PARAMETERS[name]["Description"].endswith(".")


def test_runtimes_are_those_of_the_package() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    oldest = PARAMETERS["Runtime"]["AllowedValues"][0]

    assert project["requires-python"] == f">={oldest.removeprefix('python')}"
    assert PARAMETERS["Runtime"]["Default"] in PARAMETERS["Runtime"]["AllowedValues"]


def test_runtime_is_that_of_every_function_and_of_the_layer(other_stack: Stack) -> None:
    [layer] = other_stack.of_type("AWS::Lambda::LayerVersion")

    assert {each["Runtime"] for each in other_stack.functions.values()} == {"python3.11"}
    assert other_stack.properties[layer]["CompatibleRuntimes"] == ["python3.11"]


def test_architecture_is_that_of_every_function(other_stack: Stack) -> None:
    found = [other_stack.properties[name]["Architectures"] for name in functions()]

    assert found == [["arm64"]] * len(found)


def test_retention_is_that_of_every_log_group(other_stack: Stack) -> None:
    assert set(other_stack.retention.values()) == {30}


def test_log_level_is_that_of_every_function(other_stack: Stack) -> None:
    found = [other_stack.properties[name]["LoggingConfig"] for name in functions()]

    assert {each["ApplicationLogLevel"] for each in found} == {"DEBUG"}
    assert {each["LogFormat"] for each in found} == {"JSON"}


def test_deployment_may_make_roles_and_needs_to_name_none() -> None:
    resources = cloudformation()["Resources"].values()
    roles = [each["Properties"] for each in resources if each["Type"] == "AWS::IAM::Role"]

    assert SETTINGS["deploy"]["parameters"]["capabilities"] == "CAPABILITY_IAM"
    assert [each for each in roles if "RoleName" in each] == []
    assert "AWS::CloudFormation::Stack" not in [each["Type"] for each in resources]


def test_tag_of_the_stack_is_that_of_the_functions() -> None:
    tags = template()["Globals"]["Function"]["Tags"]

    assert SETTINGS["deploy"]["parameters"]["tags"] == " ".join(
        f"{key}={value}" for key, value in tags.items()
    )
