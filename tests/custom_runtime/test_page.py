"""docs/custom-runtime.md: its commands and its function, as far as AWS's SDK knows them."""

from __future__ import annotations

import re
import shlex
from importlib.metadata import version
from typing import Any, Final

import pytest
from botocore.validate import validate_parameters
from samtranslator.model.exceptions import (  # type: ignore[import-untyped]  # it has none
    InvalidDocumentException,
)
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it has none

from tests.deployment.client import SESSION
from tests.deployment.translated import translate
from tests.pages import BLOCKS, CHECKOUT

PAGE: Final = CHECKOUT / "docs/custom-runtime.md"
FOLDER: Final = CHECKOUT / "examples/custom_runtime"
_TEXTS: Final = [(block.language, block.text) for block in BLOCKS if block.page == PAGE]
COMMANDS: Final = [
    command.removeprefix("$ ")
    for language, text in _TEXTS
    if language == "console"
    for command in text.splitlines()
]
FUNCTION, PROVIDED = (yaml_parse(text) for language, text in _TEXTS if language == "yaml")


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.startswith("aws ")])
def test_command_of_aws_is_an_operation_with_these_options(command: str) -> None:
    _, service, operation, *options = shlex.split(command)
    names = [_camel(each) for each in options[::2]]
    model = SESSION.client(service).meta.service_model.operation_model(_camel(operation))

    validate_parameters(dict(zip(names, options[1::2], strict=True)), model.input_shape)


def _camel(name: str) -> str:
    return "".join(each.capitalize() for each in name.strip("-").split("-"))


def test_runtime_is_created_with_a_version_and_an_alias_before_it_is_moved() -> None:
    operations = [shlex.split(each)[2] for each in COMMANDS if each.startswith("aws ")]

    assert operations == [
        "create-runtime",
        "create-runtime-version",
        "create-runtime-alias",
        "update-runtime-alias",
    ]


def test_function_is_one_that_lambda_takes() -> None:
    [resource] = FUNCTION["Resources"].values()
    properties = resource["Properties"]
    arn = properties["RuntimeConfig"]["RuntimeArn"]["Fn::Sub"]
    role = {"Fn::GetAtt": ["AppRole", "Arn"]}
    model: Any = SESSION.client("lambda").meta.service_model

    assert resource["Type"] == "AWS::Lambda::Function"
    assert properties["Role"] == role
    request = properties | {"FunctionName": "app", "Role": "arn:aws:iam::123456789012:role/app"}
    request["RuntimeConfig"] = {**properties["RuntimeConfig"], "RuntimeArn": arn}
    validate_parameters(request, model.operation_model("CreateFunction").input_shape)
    assert properties["Runtime"] in model.shape_for("Runtime").enum
    assert PROVIDED["Runtime"] in model.shape_for("Runtime").enum


def test_sams_transform_does_not_know_it_yet() -> None:
    """Once it does, the runtime can be in template.yaml, and the page has to change."""
    properties = {
        "Runtime": "custom",
        "Handler": "app.handler",
        "CodeUri": "app",
        "RuntimeConfig": {"RuntimeArn": "arn", "RuntimeAlias": "live"},
    }
    function = {"Type": "AWS::Serverless::Function", "Properties": properties}

    with pytest.raises(InvalidDocumentException) as raised:
        translate({"Resources": {"App": function}})

    assert "property RuntimeConfig not defined" in raised.value.causes[0].message
    assert f"`aws-sam-translator` {version('aws-sam-translator')}," in PAGE.read_text()


def test_image_has_what_bootstrap_needs_where_it_looks() -> None:
    copied = re.findall(r"^COPY (\S+) (\S+)$", (FOLDER / "Dockerfile").read_text(), re.M)

    assert copied == [
        ("asgi_lambda", "/var/runtime/asgi_lambda"),
        ("asgi_lambda/runtime/asgi_lambda_bootstrap.py", "/var/runtime/"),
        ("examples/custom_runtime/bootstrap", "/var/runtime/"),
    ]
    assert all((CHECKOUT / source).exists() for source, _ in copied)
    assert (FOLDER / "bootstrap").stat().st_mode & 0o111
