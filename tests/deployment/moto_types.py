"""Resource types that moto's CloudFormation cannot make, made with moto's own services.

Moto knows a type by a subclass of `CloudFormationModel`; the last one defined for a type counts.
`moto_instances` has those of Managed Instances.
`MISSING` are the types that it does not know. Of those in `INCOMPLETE` it knows too little: a REST
API loses its body, and with that every route; others have nothing to refer to.
"""

from __future__ import annotations

import json
from typing import Any, Final

from moto.apigateway import models as rest_api_models
from moto.awslambda import models as lambda_models
from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel

from tests.deployment.client import client

MISSING: Final = frozenset(
    {
        "AWS::ApiGateway::Stage",
        "AWS::ApiGatewayV2::Api",
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
        "AWS::ApiGatewayV2::Stage",
        "AWS::Lambda::Alias",
        "AWS::Lambda::CapacityProvider",
        "AWS::Lambda::Url",
    }
)
# Imported first, so that the classes below are defined later.
INCOMPLETE: Final[dict[str, Any]] = {
    "AWS::ApiGateway::RestApi": rest_api_models.RestAPI,
    "AWS::ApiGateway::Deployment": rest_api_models.Deployment,
    "AWS::Lambda::LayerVersion": lambda_models.LayerVersion,
    "AWS::Lambda::Version": lambda_models.LambdaVersion,
}


class Made:
    """A resource that a service made. attributes: what `Fn::GetAtt` may ask for."""

    attributes: tuple[str, ...] = ()

    def __init__(self, physical_resource_id: str, **attributes: str) -> None:
        self.physical_resource_id = physical_resource_id
        self._attributes = attributes

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in cls.attributes

    def get_cfn_attribute(self, attribute_name: str) -> str:
        return self._attributes[attribute_name]


class HttpApi(Made, CloudFormationModel):
    """An HTTP API, or a WebSocket API, whose routes are resources of their own."""

    attributes = ("ApiId",)

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::ApiGatewayV2::Api"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> HttpApi:
        service = client("apigatewayv2")
        properties = cloudformation_json["Properties"]
        if properties.get("ProtocolType") == "WEBSOCKET":
            api = service.create_api(**properties)["ApiId"]
            return cls(api, ApiId=api)
        body = properties["Body"]
        # moto has no ImportApi.
        api = service.create_api(Name=body["info"]["title"], ProtocolType="HTTP")["ApiId"]
        service.reimport_api(ApiId=api, Body=json.dumps(body))
        return cls(api, ApiId=api)


class HttpApiStage(Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::ApiGatewayV2::Stage"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> HttpApiStage:
        service = client("apigatewayv2")
        return cls(service.create_stage(**cloudformation_json["Properties"])["StageName"])


class WebSocketRoute(Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::ApiGatewayV2::Route"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> WebSocketRoute:
        service = client("apigatewayv2")
        return cls(service.create_route(**cloudformation_json["Properties"])["RouteId"])


class WebSocketIntegration(Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::ApiGatewayV2::Integration"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> WebSocketIntegration:
        service = client("apigatewayv2")
        return cls(service.create_integration(**cloudformation_json["Properties"])["IntegrationId"])


class RestApi(Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::ApiGateway::RestApi"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> RestApi:
        properties = cloudformation_json["Properties"]
        service = client("apigateway")
        api = service.create_rest_api(
            name=properties["Name"],
            binaryMediaTypes=properties["Body"]["x-amazon-apigateway-binary-media-types"],
            endpointConfiguration={"types": properties["EndpointConfiguration"]["Types"]},
        )["id"]
        service.put_rest_api(restApiId=api, mode="overwrite", body=json.dumps(properties["Body"]))
        return cls(api)


class Deployment(Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::ApiGateway::Deployment"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Deployment:
        service = client("apigateway")
        api = cloudformation_json["Properties"]["RestApiId"]
        return cls(service.create_deployment(restApiId=api)["id"])


class RestApiStage(Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::ApiGateway::Stage"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> RestApiStage:
        properties = cloudformation_json["Properties"]
        service = client("apigateway")
        stage = service.create_stage(
            restApiId=properties["RestApiId"],
            stageName=properties["StageName"],
            deploymentId=properties["DeploymentId"],
        )
        return cls(stage["stageName"])


class FunctionUrl(Made, CloudFormationModel):
    attributes = ("FunctionUrl",)

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Lambda::Url"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> FunctionUrl:
        properties = cloudformation_json["Properties"]
        url = client("lambda").create_function_url_config(
            FunctionName=properties["TargetFunctionArn"],
            AuthType=properties["AuthType"],
            InvokeMode=properties.get("InvokeMode", "BUFFERED"),
        )
        return cls(url["FunctionArn"], FunctionUrl=url["FunctionUrl"])


class Layer(Made, CloudFormationModel):
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Lambda::LayerVersion"

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Layer:
        service = client("lambda")
        return cls(
            service.publish_layer_version(**cloudformation_json["Properties"])["LayerVersionArn"]
        )


# Whatever moto looked up before did not have the types above.
parsing.get_model_list.cache_clear()
parsing.get_model_map.cache_clear()
