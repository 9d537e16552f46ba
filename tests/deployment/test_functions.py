"""Each example is a function of the template: with its code, its layer, its logs and its rights."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.deployment.client import ACCOUNT, REGION
from tests.deployment.translated import CHECKOUT, CODE_BUCKET, CODE_KEY, cloudformation, functions
from tests.deployment.translated import template as template_of_the_checkout

if TYPE_CHECKING:
    from tests.deployment.stack import Stack

EXAMPLES: Final = CHECKOUT / "examples"
FUNCTIONS: Final = sorted(functions())
LAYER: Final = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:AsgiLambda:1"
LOGS_ONLY: Final = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"

# What starts asgi-lambda's own runtime, and has it stream.
WRAPPER: Final = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/asgi-lambda-runtime"}
STREAMS: Final = {**WRAPPER, "ASGI_LAMBDA_INVOKE_MODE": "RESPONSE_STREAM"}
ON_RUNTIME: Final = {
    "Mcp": STREAMS,
    "ServerSentEvents": STREAMS,
    "LargeCsv": STREAMS,
    "BackgroundTasks": WRAPPER,
    "Channels": WRAPPER,
}
WEBSOCKETS: Final = ["FastAPI", "Quart", "Channels", "Chat"]

every_function = pytest.mark.parametrize("name", FUNCTIONS)


def folder(name: str) -> Path:
    """Where the code of a function is."""
    path: Path = CHECKOUT / functions()[name]["CodeUri"]
    return path


def environment(stack: Stack, name: str) -> dict[str, Any]:
    """What is to be set for a function besides what all have."""
    variables = dict(ON_RUNTIME.get(name, {}))
    if name in WEBSOCKETS:
        variables["CONNECTIONS_TABLE"] = stack.ids[f"{name}ConnectionsTable"]
    if name == "Chat":
        variables["MEMBERS_TABLE"] = stack.ids["ChatMembersTable"]
        variables["SOCKET_URL"] = stack.outputs["ChatWebSocketUrl"]
    if name == "Notes":
        variables["TABLE_NAME"] = stack.ids["NotesTable"]
    if name == "Files":
        variables["BUCKET_NAME"] = stack.ids["FilesBucket"]
    return {"Environment": {"Variables": variables}} if variables else {}


def on_table(stack: Stack, name: str, *actions: str) -> dict[str, Any]:
    """The right to use a table so."""
    return {
        "Effect": "Allow",
        "Action": [f"dynamodb:{each}" for each in actions],
        "Resource": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{stack.ids[name]}",
    }


def policies(stack: Stack, name: str) -> list[dict[str, Any]]:
    """What a function may do besides writing its log."""
    statements: list[dict[str, Any]] = []
    if name == "Notes":
        actions = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Scan"]
        statements = [on_table(stack, "NotesTable", *actions)]
    if name in WEBSOCKETS:
        actions = ["GetItem", "PutItem", "UpdateItem", "DeleteItem"]
        statements = [on_table(stack, f"{name}ConnectionsTable", *actions)]
        if name == "Chat":
            statements += [on_table(stack, "ChatMembersTable", "PutItem", "DeleteItem", "Query")]
        api = stack.ids[f"{name}WebSocketApi"]
        statements += [
            {
                "Effect": "Allow",
                "Action": "execute-api:ManageConnections",
                "Resource": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/prod/*/@connections/*",
            }
        ]
    if name == "Files":
        bucket = f"arn:aws:s3:::{stack.ids['FilesBucket']}"
        statements = [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                "Resource": f"{bucket}/uploads/*",
            },
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": bucket,
                "Condition": {"StringLike": {"s3:prefix": "uploads/*"}},
            },
        ]
    return [{"Version": "2012-10-17", "Statement": statements}] if statements else []


def test_every_folder_of_the_examples_is_a_function() -> None:
    folders = {path.parent.name for path in EXAMPLES.glob("*/app.py")}

    assert {folder(name).name for name in FUNCTIONS} == folders
    assert len(FUNCTIONS) == len(folders)


@every_function
def test_logical_id_says_which_folder_it_is(name: str) -> None:
    assert folder(name).parent == EXAMPLES
    assert folder(name).name.replace("_", "") == name.lower()


@every_function
def test_module_ends_with_a_handler_made_by_adapt(name: str) -> None:
    module, _, attribute = template_of_the_checkout()["Globals"]["Function"]["Handler"].partition(
        "."
    )
    tree = ast.parse((folder(name) / f"{module}.py").read_text())
    last = tree.body[-1]
    imported = [each for each in tree.body if isinstance(each, ast.ImportFrom)]

    assert isinstance(last, ast.Assign)
    assert [ast.unparse(each) for each in last.targets] == [attribute]
    assert isinstance(last.value, ast.Call)
    assert ast.unparse(last.value.func) == "adapt"
    assert "from asgi_lambda import adapt" in [ast.unparse(each) for each in imported]


@every_function
def test_build_finds_what_it_needs_in_the_folder(name: str) -> None:
    resource = template_of_the_checkout()["Resources"][name]
    method = resource.get("Metadata", {}).get("BuildMethod")

    assert (folder(name) / "requirements.txt").is_file()
    assert method in (None, "makefile")
    if method == "makefile":
        assert f"\nbuild-{name}:\n" in "\n" + (folder(name) / "Makefile").read_text()
    else:
        assert not (folder(name) / "Makefile").exists()


@every_function
def test_function_is_there(name: str, stack: Stack) -> None:
    function = stack.functions[name]

    assert function["Runtime"] == "python3.13"
    assert function["Handler"] == "app.handler"
    assert function["Timeout"] == 29
    assert function["MemorySize"] == 512
    assert function.get("Environment") == environment(stack, name).get("Environment")


@every_function
def test_function_has_these_properties_and_no_other(name: str, stack: Stack) -> None:
    assert stack.properties[name] == environment(stack, name) | {
        "Code": {"S3Bucket": CODE_BUCKET, "S3Key": CODE_KEY},
        "Handler": "app.handler",
        "Runtime": "python3.13",
        "Architectures": ["x86_64"],
        "Layers": [LAYER],
        "Timeout": 29,
        "MemorySize": 512,
        "Role": f"arn:aws:iam::{ACCOUNT}:role/{stack.ids[name + 'Role']}",
        "LoggingConfig": {
            "LogFormat": "JSON",
            "ApplicationLogLevel": "INFO",
            "LogGroup": stack.ids[f"{name}Logs"],
        },
        "Tags": [{"Key": "Application", "Value": "asgi-lambda-examples"}],
    }


@every_function
def test_role_may_do_this_and_nothing_else(name: str, stack: Stack) -> None:
    role = stack.properties[f"{name}Role"]
    trusted = {
        "Effect": "Allow",
        "Principal": {"Service": ["lambda.amazonaws.com"]},
        "Action": ["sts:AssumeRole"],
    }

    assert role["AssumeRolePolicyDocument"] == {"Version": "2012-10-17", "Statement": [trusted]}
    assert role["ManagedPolicyArns"] == [LOGS_ONLY]
    assert stack.policies[name] == policies(stack, name)
    assert [each["PolicyDocument"] for each in role.get("Policies", [])] == stack.policies[name]
    assert role["Tags"] == [{"Key": "Application", "Value": "asgi-lambda-examples"}]


@every_function
def test_log_group_keeps_the_log_for_a_week(name: str, stack: Stack) -> None:
    assert stack.types[f"{name}Logs"] == "AWS::Logs::LogGroup"
    assert stack.retention[stack.ids[f"{name}Logs"]] == 7


def test_there_is_nothing_of_these_types_besides(stack: Stack) -> None:
    assert sorted(stack.of_type("AWS::Lambda::Function")) == FUNCTIONS
    assert sorted(stack.of_type("AWS::IAM::Role")) == [f"{name}Role" for name in FUNCTIONS]
    assert sorted(stack.of_type("AWS::Logs::LogGroup")) == [f"{name}Logs" for name in FUNCTIONS]
    assert len(stack.retention) == len(FUNCTIONS)


def test_layer_is_there_for_the_runtime(stack: Stack) -> None:
    [name] = stack.of_type("AWS::Lambda::LayerVersion")

    assert stack.ids[name] == LAYER
    assert stack.properties[name] == {
        "LayerName": "AsgiLambda",
        "Description": "The package asgi_lambda",
        "CompatibleRuntimes": ["python3.13"],
        "Content": {"S3Bucket": CODE_BUCKET, "S3Key": CODE_KEY},
    }


def test_nothing_outlives_the_stack() -> None:
    resources = cloudformation()["Resources"].values()

    assert {each.get("DeletionPolicy", "Delete") for each in resources} == {"Delete"}


def test_layer_is_built_of_the_package_alone(tmp_path: Path) -> None:
    layer = template_of_the_checkout()["Resources"]["AsgiLambda"]
    assert layer["Metadata"] == {"BuildMethod": "makefile", "ContextPath": "."}
    makefile = (CHECKOUT / "Makefile").read_text()
    [recipe] = re.findall(r"^build-AsgiLambda:\n((?:\t.*\n)+)", makefile, re.M)
    # The shell runs the recipe as `make` does, which need not be installed.
    script = recipe.replace("$(ARTIFACTS_DIR)", str(tmp_path))
    package = CHECKOUT / layer["Properties"]["ContentUri"]

    subprocess.run(["sh", "-ec", script], cwd=package, check=True)

    def files(below: Path) -> set[str]:
        return {str(path.relative_to(below)) for path in below.rglob("*") if path.is_file()}

    built = files(tmp_path)
    sources = {f"python/asgi_lambda/{each}" for each in files(package) if "__pycache__" not in each}
    # The exec wrapper, where AWS_LAMBDA_EXEC_WRAPPER names it.
    wrapper = {"asgi-lambda-runtime", "asgi_lambda_bootstrap.py"}
    assert built == sources | wrapper
    assert os.access(tmp_path / "asgi-lambda-runtime", os.X_OK)
    where = "import asgi_lambda; print(asgi_lambda.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", where],
        cwd=tmp_path / "python",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(tmp_path / "python/asgi_lambda/__init__.py")
