"""Templates, and what is wrong with some."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from asgi_lambda.errors import ConfigurationError
from asgi_lambda.local.template.document import read
from tests.local.template.templates import HEAD, TWO, write


def test_condition_decides_whether_a_resource_is_there(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert "Group" not in read(path, {}).resources
    assert "Group" in read(path, {"Balanced": "yes"}).resources


def test_condition_that_cannot_be_known(tmp_path: Path) -> None:
    text = TWO.replace("!Equals [!Ref Balanced, 'yes']", "!Equals [!ImportValue x, 'yes']")
    found = read(write(tmp_path, text), {})
    assert "Group" not in found.resources
    assert "Group is left out: its condition needs Fn::ImportValue" in found.notes


def test_code_stays_known(tmp_path: Path) -> None:
    assert read(write(tmp_path), {}).code == {"Shop": "shop", "Users": "users"}


def test_nested_application_is_left_out(tmp_path: Path) -> None:
    text = TWO + "  Other: {Type: AWS::Serverless::Application, Properties: {Location: x.yaml}}\n"
    found = read(write(tmp_path, text), {})
    assert "Other is left out: nested applications are not read" in found.notes


def test_definition_beside_the_template(tmp_path: Path) -> None:
    text = HEAD + "Resources:\n  Api: {Type: AWS::Serverless::HttpApi, "
    path = write(tmp_path, text + "Properties: {DefinitionUri: api.yaml}}\n")
    (tmp_path / "api.yaml").write_text("{openapi: 3.0.1, paths: {/one: {}}}")
    api = read(path, {}).of_type("AWS::ApiGatewayV2::Api")["Api"]
    assert list(api["Body"]["paths"]) == ["/one"]
    (tmp_path / "api.yaml").unlink()
    with pytest.raises(ConfigurationError, match="DefinitionUri: expected a file"):
        read(path, {})


@pytest.mark.parametrize(
    ("text", "overrides", "message"),
    [
        ("[", {}, "expected YAML"),
        ("\udcff", {}, "expected YAML"),
        ("a: 1", {}, "expected a template with Resources"),
        ("Resources: {A: {Type: AWS::Serverless::Function}}", {"X": "1"}, "it has none"),
        (TWO, {"X": "1"}, r"parameters of the template \(Greeting, Balanced\), got X"),
        (TWO.replace(", Default: good day", ""), {}, "expected Greeting, which has no default"),
        (TWO.replace("StageName: dev, ", ""), {}, "expected a SAM template: .*StageName"),
    ],
)
def test_what_cannot_be_read(
    tmp_path: Path, text: str, overrides: dict[str, str], message: str
) -> None:
    path = tmp_path / "template.yaml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ConfigurationError, match=message):
        read(path, overrides)


def test_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected a template, got No such file"):
        read(tmp_path / "none.yaml", {})


@pytest.mark.parametrize("name", ["samtranslator.parser.parser", "samtranslator.yaml_helper"])
def test_without_the_translator(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    modules: Any = sys.modules
    monkeypatch.setitem(modules, name, None)
    with pytest.raises(ConfigurationError, match=r"asgi-lambda\[template\]"):
        read(write(tmp_path), {})
