"""Any ASGI application on AWS Lambda: `handler = adapt(app)`."""

from asgi_lambda.adapter import Handler, adapt
from asgi_lambda.errors import (
    AsgiLambdaError,
    ConfigurationError,
    LifespanFailed,
    LoopError,
    ResponseFailed,
    UnexpectedMessage,
    UnsupportedEvent,
)

__version__ = "0.1.0"

__all__ = [
    "AsgiLambdaError",
    "ConfigurationError",
    "Handler",
    "LifespanFailed",
    "LoopError",
    "ResponseFailed",
    "UnexpectedMessage",
    "UnsupportedEvent",
    "adapt",
]
