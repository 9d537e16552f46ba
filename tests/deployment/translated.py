"""template.yaml as text says it, and as AWS's own translator turns it into CloudFormation."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any, Final

# AWS's translator has no types.
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]

from tests.deployment.client import REGION, SESSION

CHECKOUT: Final = Path(__file__).parents[2]
# What `sam package` makes of a folder: an object in a bucket.
CODE_BUCKET: Final = "code"
CODE_KEY: Final = "code.zip"

_CODE: Final = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
}


@cache
def template() -> dict[str, Any]:
    """template.yaml with `!Ref` and the like spelled out. Nobody may change it."""
    return read(CHECKOUT / "template.yaml")


def read(path: Path) -> dict[str, Any]:
    """A SAM template with `!Ref` and the like spelled out."""
    parsed: dict[str, Any] = yaml_parse(path.read_text())
    return parsed


def functions() -> dict[str, dict[str, Any]]:
    """The properties of each example's function of template.yaml, by logical id.

    They are without the globals. What a condition has besides is no example of its own.
    """
    resources = template()["Resources"]
    found = of_type(template(), "AWS::Serverless::Function")
    return {name: each for name, each in found.items() if "Condition" not in resources[name]}


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a type, by logical id."""
    resources = template["Resources"].items()
    return {name: each.get("Properties", {}) for name, each in resources if each["Type"] == kind}


@cache
def cloudformation() -> dict[str, Any]:
    """template.yaml as CloudFormation. Nobody may change it."""
    return translate(template())


def translate(sam: dict[str, Any]) -> dict[str, Any]:
    """A SAM template as CloudFormation, with its code packaged."""
    packaged = copy.deepcopy(sam)
    for resource in packaged["Resources"].values():
        # An image has no folder: `sam build` makes it, or it is there.
        if resource["Type"] in _CODE and "ImageUri" not in resource["Properties"]:
            resource["Properties"][_CODE[resource["Type"]]] = f"s3://{CODE_BUCKET}/{CODE_KEY}"
    # The managed policies come as a map, so that the translator need not ask IAM for them.
    translator = Translator({}, Parser(), boto_session=SESSION)
    translated: dict[str, Any] = translator.translate(packaged, {"AWS::Region": REGION})
    return translated
