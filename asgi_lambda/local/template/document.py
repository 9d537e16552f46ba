"""A SAM template as CloudFormation, by AWS's own translator; where its code is, stays known.

Needs aws-sam-translator, which is imported when a template is read.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.errors import ConfigurationError
from asgi_lambda.local.template.intrinsics import Resolver, Unresolved

if TYPE_CHECKING:
    from collections.abc import Mapping

_FUNCTION: Final = "AWS::Serverless::Function"
# The translator takes code from a bucket alone. This one is none: its keys are logical ids.
_BUCKET: Final = "asgi-lambda"
_CODE: Final = {_FUNCTION: "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
_APIS: Final = ("AWS::Serverless::Api", "AWS::Serverless::HttpApi")
# It would be fetched from AWS.
_NESTED: Final = "AWS::Serverless::Application"


class Document:
    """A template as it is deployed.

    resources: those whose condition holds, unresolved. code: the local path of functions and layers
    by the logical ids of the template, None where there is none. notes: what is left out.
    """

    def __init__(self, translated: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
        self.resolver = Resolver(translated, parameters)
        self.resources: dict[str, dict[str, Any]] = {}
        self.code: dict[str, Any] = {}
        self.notes: list[str] = []
        for name, resource in translated["Resources"].items():
            condition = resource.get("Condition")
            try:
                if condition is None or self.resolver.condition(condition):
                    self.resources[name] = resource
            except Unresolved as error:
                self.notes.append(f"{name} is left out: its condition needs {error}")

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of all resources of a type, by logical id, unresolved."""
        return {
            name: each.get("Properties") or {}
            for name, each in self.resources.items()
            if each["Type"] == kind
        }


def read(path: Path, overrides: Mapping[str, str]) -> Document:
    """The document of a file. Raises ConfigurationError.

    overrides: parameters that have another value than their default.
    """
    translator = _translator()
    template = _parse(path)
    parameters = _parameters(template, overrides)
    code = {
        name: _pull_out_code(template, name, resource)
        for name, resource in template["Resources"].items()
        if resource.get("Type") in _CODE
    }
    nested = [n for n, each in template["Resources"].items() if each.get("Type") == _NESTED]
    for name in nested:
        del template["Resources"][name]
    for resource in template["Resources"].values():
        if resource.get("Type") in _APIS:
            _inline_definition(resource.setdefault("Properties", {}), path.parent)
    document = Document(_translated(translator, template, overrides, path), parameters)
    document.code = code
    document.notes += [f"{name} is left out: nested applications are not read" for name in nested]
    return document


def origin(code: Any) -> str | None:
    """The logical id of the template whose code `Code` or `Content` is; None for foreign code."""
    if isinstance(code, dict) and code.get("S3Bucket") == _BUCKET:
        key: str = code["S3Key"]
        return key
    return None


def _translator() -> Any:
    # It has no types of its own; the first module is what needs PyYAML.
    try:
        import boto3
        import samtranslator.yaml_helper  # type: ignore[import-untyped]  # noqa: F401
        from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
        from samtranslator.translator.translator import (  # type: ignore[import-untyped]
            Translator,
        )
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"--template: expected aws-sam-translator and PyYAML, found no {error.name}; "
            "install asgi-lambda[template]"
        ) from None
    # It logs every feature that it has no settings of.
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    # With keys, so that none of the machine is looked for: nothing is asked of AWS.
    session = boto3.Session("none", "none", region_name="us-east-1")
    return Translator({}, Parser(), boto_session=session)


def _parse(path: Path) -> dict[str, Any]:
    from samtranslator.yaml_helper import yaml_parse

    try:
        template = yaml_parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: expected a template, got {error.strerror}") from None
    except ValueError as error:  # text that is no UTF-8
        raise ConfigurationError(f"{path}: expected YAML, got {error}") from None
    except Exception as error:  # the parser's own kinds
        raise ConfigurationError(f"{path}: expected YAML: {error}") from None
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        raise ConfigurationError(f"{path}: expected a template with Resources")
    return template


def _parameters(template: dict[str, Any], overrides: Mapping[str, str]) -> dict[str, Any]:
    declared = template.get("Parameters") or {}
    if unknown := sorted(overrides.keys() - declared.keys()):
        raise ConfigurationError(
            f"--parameter-overrides: expected parameters of the template "
            f"({', '.join(declared) or 'it has none'}), got {', '.join(unknown)}"
        )
    values: dict[str, Any] = {}
    for name, each in declared.items():
        value = overrides.get(name, each.get("Default"))
        if value is None:
            raise ConfigurationError(
                f"--parameter-overrides: expected {name}, which has no default, got no value"
            )
        is_list = "List" in str(each.get("Type"))
        values[name] = [part.strip() for part in str(value).split(",")] if is_list else str(value)
    return values


def _pull_out_code(template: dict[str, Any], name: str, resource: dict[str, Any]) -> Any:
    """Where the code of a resource is, in whose place the translator gets a bucket."""
    shared = (template.get("Globals") or {}).get("Function") or {}
    properties = resource.setdefault("Properties", {})
    inherited = shared if resource["Type"] == _FUNCTION else {}
    if properties.get("PackageType", inherited.get("PackageType")) == "Image":
        properties.setdefault("ImageUri", "none")
        return None
    if "InlineCode" in properties:
        return None
    key = _CODE[resource["Type"]]
    code = properties.get(key, inherited.get(key))
    properties[key] = f"s3://{_BUCKET}/{name}"
    return code


def _inline_definition(properties: dict[str, Any], folder: Path) -> None:
    """An OpenAPI document that lies beside the template, into it."""
    uri = properties.get("DefinitionUri")
    if isinstance(uri, str) and not uri.startswith("s3://"):
        del properties["DefinitionUri"]
        properties["DefinitionBody"] = _definition(folder / uri)


def _definition(path: Path) -> Any:
    from samtranslator.yaml_helper import yaml_parse

    try:
        return yaml_parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"DefinitionUri: expected a file {path}, got {error.strerror}"
        ) from None


def _translated(
    translator: Any, template: dict[str, Any], overrides: Mapping[str, str], path: Path
) -> dict[str, Any]:
    # Its own class, which cannot be named before it is imported, and has no types.
    from samtranslator.model.exceptions import (  # type: ignore[import-untyped]
        InvalidDocumentException,
    )

    values = {**overrides, "AWS::Region": "us-east-1"}
    try:
        found: dict[str, Any] = translator.translate(template, values)
    except InvalidDocumentException as error:
        causes = "; ".join(cause.message for cause in error.causes)
        raise ConfigurationError(f"{path}: expected a SAM template: {causes}") from None
    return found
