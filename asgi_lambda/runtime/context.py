"""The context object of an invocation, and what code outside of the handler may ask of it.

Source: the Lambda guide, "Using the Lambda context object to retrieve Python function
information"; AWS's Python runtime client for what the guide leaves out.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.runtime.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

# Of the invocation that runs here: many may be under way at once.
request_id: Final[ContextVar[str | None]] = ContextVar("request_id", default=None)
tenant_id: Final[ContextVar[str | None]] = ContextVar("tenant_id", default=None)
trace_id: Final[ContextVar[str | None]] = ContextVar("trace_id", default=None)

# In the order in which AWS's client shows them.
_CLIENT: Final = (
    "installation_id",
    "app_title",
    "app_version_name",
    "app_version_code",
    "app_package_name",
)
_CLIENT_CONTEXT: Final = ("custom", "env", "client")
_W3C: Final = ("traceparent", "tracestate", "baggage")


_TRACE: Final = "_X_AMZN_TRACE_ID"
# The same for all invocations of a process, and slow to look up.
_FUNCTION: Final = [
    os.environ.get(f"AWS_LAMBDA_{name}")
    for name in (
        "LOG_GROUP_NAME",
        "LOG_STREAM_NAME",
        "FUNCTION_NAME",
        "FUNCTION_MEMORY_SIZE",
        "FUNCTION_VERSION",
    )
]


class _Only:
    """The invocation of a process that has one at a time, for threads without its context."""

    request_id: str = ""
    tenant_id: str | None = None


def enter(headers: Mapping[str, str], *, alone: bool) -> None:
    """Let the invocation with these headers be the one that runs here.

    alone: no other runs in this process, so that its environment may say the trace id too.
    """
    trace = headers.get("lambda-runtime-trace-id")
    request_id.set(headers.get("lambda-runtime-aws-request-id"))
    tenant_id.set(headers.get("lambda-runtime-aws-tenant-id"))
    trace_id.set(trace)
    if not alone:
        return
    _Only.request_id = request_id.get() or ""
    _Only.tenant_id = tenant_id.get()
    if trace is None:
        os.environ.pop(_TRACE, None)
    else:
        os.environ[_TRACE] = trace


def identify(record: logging.LogRecord) -> bool:
    """Put the ids of the invocation on a record; for a filter that lets all of them pass."""
    current = request_id.get()
    if current is None:
        record.aws_request_id, record.tenant_id = _Only.request_id, _Only.tenant_id
    else:
        record.aws_request_id, record.tenant_id = current, tenant_id.get()
    return True


class LambdaContext:
    """What a handler gets as its second argument."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        """headers: those of the invocation, names lower case. Raises Fault."""
        of_client = _json(headers.get("lambda-runtime-client-context"), "Client Context")
        identity = _json(headers.get("lambda-runtime-cognito-identity"), "Cognito Identity")
        self.aws_request_id = headers.get("lambda-runtime-aws-request-id", "")
        (
            self.log_group_name,
            self.log_stream_name,
            self.function_name,
            self.memory_limit_in_mb,
            self.function_version,
        ) = _FUNCTION
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self._w3c = _w3c(of_client)
        self.client_context = None if of_client is None else ClientContext(of_client)
        self.identity = CognitoIdentity(identity or {})
        self._deadline = int(headers.get("lambda-runtime-deadline-ms", 0))

    def get_remaining_time_in_millis(self) -> int:
        return max(self._deadline - int(time.time() * 1000), 0)

    def w3c(self) -> dict[str, str]:
        """The trace context of W3C that the caller sent."""
        return dict(self._w3c)

    def log(self, message: object) -> None:
        """Write to the log as it is, without level and time."""
        for handler in logging.getLogger().handlers:
            sink = getattr(handler, "log_sink", None)
            if sink is not None:
                sink.log(str(message))
                return
        sys.stdout.write(str(message))

    def __repr__(self) -> str:
        names = (
            "aws_request_id",
            "log_group_name",
            "log_stream_name",
            "function_name",
            "memory_limit_in_mb",
            "function_version",
            "invoked_function_arn",
            "client_context",
            "identity",
            "tenant_id",
        )
        return _describe(self, names)


class _Record:
    """Attributes out of JSON; those that are absent are None."""

    __slots__: tuple[str, ...] = ()

    def __init__(self, values: Mapping[str, Any]) -> None:
        for name in self.__slots__:
            setattr(self, name, values.get(name))

    def __repr__(self) -> str:
        return _describe(self, self.__slots__)


class Client(_Record):
    """The application that called, from one of AWS's mobile SDKs."""

    __slots__ = _CLIENT


class ClientContext(_Record):
    """What the caller sent beside its event."""

    __slots__ = _CLIENT_CONTEXT

    custom: Any
    env: Any
    client: Any

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        if self.client is not None:
            self.client = Client(self.client)


class CognitoIdentity(_Record):
    """Who called, as Amazon Cognito knows them."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(
            {
                "cognito_identity_id": values.get("cognitoIdentityId"),
                "cognito_identity_pool_id": values.get("cognitoIdentityPoolId"),
            }
        )


def _json(text: str | None, name: str) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        value: dict[str, Any] | None = json.loads(text)
    except ValueError as error:
        raise Fault(
            "Runtime.LambdaContextUnmarshalError", f"Unable to parse {name} JSON: {error}"
        ) from None
    return value


def _w3c(of_client: Any) -> dict[str, str]:
    """The trace context, which is taken out of what the caller sent."""
    fields = of_client.pop("w3c", None) if isinstance(of_client, dict) else None
    if not isinstance(fields, dict):
        return {}
    return {name: fields[name] for name in _W3C if isinstance(fields.get(name), str)}


def _describe(value: object, names: tuple[str, ...]) -> str:
    fields = ",".join(f"{name}={getattr(value, name)}" for name in names)
    return f"{type(value).__name__}([{fields}])"
