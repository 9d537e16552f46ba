"""Any ASGI application on AWS Lambda: `handler = adapt(app)`."""

from asgi_lambda.adapter import Handler, adapt
from asgi_lambda.errors import (
    AsgiLambdaError,
    ConfigurationError,
    DataConflict,
    LifespanFailed,
    LoopError,
    MessageRefused,
    ResponseFailed,
    SendFailed,
    UnexpectedMessage,
    UnsupportedEvent,
)

__version__ = "0.1.0"

__all__ = [
    "AsgiLambdaError",
    "ConfigurationError",
    "DataConflict",
    "Handler",
    "LifespanFailed",
    "LoopError",
    "MessageRefused",
    "ResponseFailed",
    "SendFailed",
    "UnexpectedMessage",
    "UnsupportedEvent",
    "adapt",
]
