"""Moto still lacks what `moto_types` makes up for; once it does not, that can go."""

from __future__ import annotations

import pytest
from moto import mock_aws
from moto.core.common_models import CloudFormationModel

from tests.deployment.client import ACCOUNT, REGION, client
from tests.deployment.moto_types import INCOMPLETE, MISSING
from tests.deployment.translated import cloudformation

OF_MOTO = {
    each.cloudformation_type()
    for each in CloudFormationModel.__subclasses__()
    if each.__module__.startswith("moto.")
}


def test_moto_knows_all_types_of_the_template_but_those() -> None:
    used = {each["Type"] for each in cloudformation()["Resources"].values()}

    assert used - OF_MOTO == MISSING
    assert used >= INCOMPLETE.keys()


@mock_aws
def test_moto_leaves_the_body_of_a_rest_api_out() -> None:
    properties = cloudformation()["Resources"]["FastAPIRestApi"]["Properties"]
    moto = INCOMPLETE["AWS::ApiGateway::RestApi"]

    api = moto.create_from_cloudformation_json(
        "an-api", {"Properties": properties | {"Name": "an-api"}}, ACCOUNT, REGION
    )

    resources = client("apigateway").get_resources(restApiId=api.id)["items"]
    assert [(each["path"], each.get("resourceMethods")) for each in resources] == [("/", None)]


@pytest.mark.parametrize("kind", ["AWS::ApiGateway::Deployment", "AWS::Lambda::LayerVersion"])
def test_moto_has_no_reference_to(kind: str) -> None:
    assert not hasattr(INCOMPLETE[kind], "physical_resource_id")


def test_moto_does_not_say_which_number_a_version_has() -> None:
    assert not hasattr(INCOMPLETE["AWS::Lambda::Version"], "get_cfn_attribute")
