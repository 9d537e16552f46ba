from __future__ import annotations

from typing import Any

import pytest

from asgi_lambda import ConfigurationError
from asgi_lambda.local.authorizer import Authorizer

CLAIMS = {"sub": "alice", "groups": ["admin", "user"], "age": 7, "verified": True}


def signed(source: str, **arguments: Any) -> Any:
    """What an authorizer leaves in an event, None where it leaves nothing."""
    event = Authorizer(source, **arguments).sign({"requestContext": {}})
    return event["requestContext"].get("authorizer")


def test_claims_of_a_user_pool() -> None:
    assert signed("rest-api", claims=CLAIMS) == {
        "claims": {"sub": "alice", "groups": "admin,user", "age": "7", "verified": "true"}
    }


def test_claims_of_a_jwt() -> None:
    claims = {"sub": "alice", "groups": "[admin user]", "age": "7", "verified": "true"}
    assert signed("http-api", claims=CLAIMS) == {"jwt": {"claims": claims, "scopes": None}}
    assert signed("http-api-v1", claims=CLAIMS) == {"claims": claims, "scopes": None}


def test_context_of_a_function() -> None:
    context = {"tenant": "x", "level": 3, "flag": False}
    texts = {"tenant": "x", "level": "3", "flag": "false"}
    assert signed("http-api", context=context) == {"lambda": context}
    assert signed("http-api-v1", context=context) == texts
    assert signed("rest-api", context=context) == {
        "principalId": "user",
        **texts,
        "integrationLatency": 0,
    }
    assert signed("rest-api", context={"principalId": "bob"})["principalId"] == "bob"


def test_identity_of_a_function_url() -> None:
    assert signed("function-url", context={"userId": "AIDA"}) == {"iam": {"userId": "AIDA"}}


@pytest.mark.parametrize("source", ["rest-api", "http-api", "alb", "function-url"])
def test_nobody_is_authorized(source: str) -> None:
    assert signed(source) is None


@pytest.mark.parametrize(
    ("source", "arguments", "message"),
    [
        ("alb", {"claims": {}}, "claims: expected one of .*, got 'alb'"),
        ("function-url", {"claims": {}}, "claims: expected one of .*, got 'function-url'"),
        (
            "alb-multi-value",
            {"context": {}},
            "authorizer: expected one of .*function-url, websocket-api, got",
        ),
        ("http-api", {"claims": {}, "context": {}}, "expected it or claims, got both"),
    ],
)
def test_front_doors_without_it(source: str, arguments: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Authorizer(source, **arguments)
