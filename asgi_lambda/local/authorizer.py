"""What an authorizer leaves in an event: the claims of a token, or the context of a function.

Source: API Gateway guide, "Use Amazon Cognito user pools as authorizer for a REST API", "Control
access to HTTP APIs with JWT authorizers" and "Output from an API Gateway Lambda authorizer"; Lambda
guide, "Invoking Lambda function URLs".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgi_lambda.lambda_types import Event

_WITH_CLAIMS: Final = ("http-api", "http-api-v1", "rest-api")
_WITH_CONTEXT: Final = (*_WITH_CLAIMS, "function-url", "websocket-api")
# Whose context has texts alone, and what their authorizer has to name, where nobody did.
_NAMED: Final = ("rest-api", "websocket-api")
_PRINCIPAL: Final = {"principalId": "user"}


class Authorizer:
    """Who the caller is, as every event says.

    claims: of a token, checked by a Cognito user pool (REST API) or a JWT authorizer (HTTP API).
    context: what a Lambda authorizer returned; for a Function URL, the IAM identity.
    Raises ConfigurationError for a source that has no such thing.
    """

    __slots__ = ("_value",)

    def __init__(
        self,
        source: str,
        claims: Mapping[str, Any] | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        if claims is not None and context is not None:
            raise ConfigurationError("authorizer: expected it or claims, got both")
        if claims is not None and source not in _WITH_CLAIMS:
            raise ConfigurationError(
                f"claims: expected one of {', '.join(_WITH_CLAIMS)}, got {source!r}"
            )
        if context is not None and source not in _WITH_CONTEXT:
            raise ConfigurationError(
                f"authorizer: expected one of {', '.join(_WITH_CONTEXT)}, got {source!r}"
            )
        self._value: dict[str, Any] | None = None
        if claims is not None:
            self._value = _from_claims(source, claims)
        elif context is not None:
            self._value = _from_context(source, context)

    def sign(self, event: Event) -> Event:
        """The event, which is the caller's to change, with what the authorizer says."""
        if self._value is not None:
            event["requestContext"]["authorizer"] = self._value
        return event


def _from_claims(source: str, claims: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: _claim(source, value) for name, value in claims.items()}
    if source == "rest-api":
        return {"claims": texts}
    found = {"claims": texts, "scopes": None}
    return found if source == "http-api-v1" else {"jwt": found}


def _claim(source: str, value: Any) -> str:
    """A claim as text, which every one becomes; only lists depend on who checked the token."""
    if isinstance(value, list | tuple):
        texts = [_text(each) for each in value]
        return ",".join(texts) if source == "rest-api" else f"[{' '.join(texts)}]"
    return _text(value)


def _from_context(source: str, context: Mapping[str, Any]) -> dict[str, Any]:
    if source == "function-url":
        return {"iam": dict(context)}
    if source == "http-api":
        return {"lambda": dict(context)}
    # Format 1.0 has texts alone.
    texts = {name: _text(value) for name, value in context.items()}
    return {**_PRINCIPAL, **texts, "integrationLatency": 0} if source in _NAMED else texts


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
