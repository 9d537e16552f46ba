from __future__ import annotations

import uuid

import pytest
from awslambdaric.lambda_context import LambdaContext

from asgi_lambda.local.context import Context


def names(context: object) -> set[str]:
    return {name for name in dir(context) if not name.startswith("_")}


def test_every_attribute_of_awss_context() -> None:
    theirs = LambdaContext("id", None, None, 0)
    ours = Context()
    assert names(ours) == names(theirs)
    assert names(ours.identity) == names(theirs.identity)
    assert ours.client_context is theirs.client_context is None
    assert ours.identity.cognito_identity_id is theirs.identity.cognito_identity_id is None
    assert ours.w3c() == theirs.w3c() == {}


def test_values() -> None:
    context = Context(function_name="shop", request_id="id")
    assert context.aws_request_id == "id"
    assert context.function_name == "shop"
    assert context.invoked_function_arn.endswith(":function:shop")
    assert context.log_group_name == "/aws/lambda/shop"
    assert uuid.UUID(Context().aws_request_id)


def test_remaining_time() -> None:
    assert 50_000 < Context(timeout=60).get_remaining_time_in_millis() <= 60_000
    assert Context(timeout=-1).get_remaining_time_in_millis() == 0


def test_log(capsys: pytest.CaptureFixture[str]) -> None:
    Context().log("line\n")
    assert capsys.readouterr() == ("", "line\n")
