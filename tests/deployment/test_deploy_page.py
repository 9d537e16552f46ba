"""docs/deploy.md tells of the template what is in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it has none

from tests.deployment.test_front_doors import BALANCED, DOORS, STAGES, STREAMED
from tests.deployment.translated import CHECKOUT, of_type, template, translate
from tests.pages import rows

if TYPE_CHECKING:
    from tests.deployment.stack import Stack

PAGE: Final = CHECKOUT / "docs/deploy.md"


def words(cell: str) -> list[str]:
    """What stands in backquotes."""
    return re.findall(r"`([^`]+)`", cell)


def test_parameters_of_the_page_are_those_of_the_template() -> None:
    documented = {name: cells for cells in rows(PAGE, "## Deploy") for name in words(cells[0])}

    assert documented.keys() == template()["Parameters"].keys()
    for name, cells in documented.items():
        default = str(template()["Parameters"][name]["Default"])
        assert cells[1] == (f"`{default}`" if default else "none")


def test_front_doors_of_the_page_are_those_of_the_template() -> None:
    table = rows(PAGE, "## What the template shows")
    documented = {cells[0]: sorted(words(cells[1])) for cells in table}

    def behind(source: str, *, streamed: bool = False) -> list[str]:
        found = (name for name, doors in DOORS.items() if source in doors)
        return sorted(name for name in found if (name in STREAMED) == streamed)

    assert documented.pop("HTTP API, stage `$default`") == []
    assert documented == {
        "HTTP API, a named stage": list(STAGES),
        "HTTP API, payload 1.0": behind("http-api-v1"),
        "REST API with a stage": behind("rest-api"),
        "REST API that streams": behind("rest-api", streamed=True),
        "WebSocket API": behind("websocket-api"),
        "Function URL": behind("function-url"),
        "Function URL that streams": behind("function-url", streamed=True),
        "ALB, with multi-value headers and without": ["Starlette"],
    }
    assert len(BALANCED) == 2


def test_template_of_a_single_example_is_right(stack: Stack) -> None:
    [text] = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    single = yaml_parse(text)
    function = of_type(single, "AWS::Serverless::Function")["App"]
    layer = single["Resources"]["AsgiLambda"]

    assert layer["Metadata"] == template()["Resources"]["AsgiLambda"]["Metadata"]
    assert layer["Properties"]["ContentUri"] == "asgi_lambda"
    assert function["CodeUri"] == {"Fn::Sub": "examples/${Example}"}
    assert (CHECKOUT / "examples" / single["Parameters"]["Example"]["Default"]).is_dir()
    common = stack.properties["Hello"]
    assert {key: function[key] for key in ("Handler", "Runtime", "Timeout", "MemorySize")} == {
        key: common[key] for key in ("Handler", "Runtime", "Timeout", "MemorySize")
    }
    [api] = of_type(translate(single), "AWS::ApiGatewayV2::Api").values()
    assert list(api["Body"]["paths"]) == ["$default"]


def test_makefiles_are_those_that_the_page_names() -> None:
    built_by_make = {
        name
        for name, resource in template()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
        and resource.get("Metadata", {}).get("BuildMethod") == "makefile"
    }

    assert built_by_make == {"Lemon", "Bocadillo"}
    assert "Lemon and Bocadillo" in PAGE.read_text()
