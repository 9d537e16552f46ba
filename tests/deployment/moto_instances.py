"""What Managed Instances need besides, and moto's CloudFormation cannot make."""

from __future__ import annotations

from typing import Any

from botocore.validate import validate_parameters
from moto.core.common_models import CloudFormationModel

from tests.deployment.client import client
from tests.deployment.moto_types import Made


class Version(Made, CloudFormationModel):
    attributes = ("Version",)

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Lambda::Version"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Version:
        made = client("lambda").publish_version(**cloudformation_json["Properties"])
        return cls(made["FunctionArn"], Version=made["Version"])


class Alias(Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Lambda::Alias"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Alias:
        return cls(client("lambda").create_alias(**cloudformation_json["Properties"])["AliasArn"])


class CapacityProvider(Made, CloudFormationModel):
    """A name and an ARN. Moto has no such service: no more is checked than AWS's SDK does."""

    attributes = ("Arn",)

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Lambda::CapacityProvider"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> CapacityProvider:
        properties = cloudformation_json["Properties"]
        tags = {each["Key"]: each["Value"] for each in properties["Tags"]}
        service = client("lambda").meta.service_model
        request = properties | {"CapacityProviderName": resource_name, "Tags": tags}
        validate_parameters(request, service.operation_model("CreateCapacityProvider").input_shape)
        arn = f"arn:aws:lambda:{region_name}:{account_id}:capacity-provider:{resource_name}"
        return cls(resource_name, Arn=arn)
