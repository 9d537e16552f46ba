"""Every error this package raises for its users.

Each message says what was expected and what was found; none contains a header value or a body.
"""


class AsgiLambdaError(Exception):
    """The parent of every error below."""


class ConfigurationError(AsgiLambdaError, ValueError):
    """An argument of `adapt` that cannot be used; names the argument and what is accepted."""


class UnsupportedEvent(AsgiLambdaError):
    """An event that no source accepts; names its top-level keys, never their values."""


class UnexpectedMessage(AsgiLambdaError):
    """Raised into the application, at its `send`, for a message that is wrong here and now."""


class LifespanFailed(AsgiLambdaError):
    """The application could not start up; carries its own message where it gave one."""


class ResponseFailed(AsgiLambdaError):
    """A response whose status is in `fail_on`: the invocation fails. Names status and path."""


class LoopError(AsgiLambdaError, RuntimeError):
    """A handler called where its event loop cannot run; names the call that works there."""


class MessageRefused(AsgiLambdaError):
    """Raised into the application, at its `send`, for what no WebSocket API carries.

    Names the size and the limit, or says that it is binary.
    """


class SendFailed(AsgiLambdaError):
    """API Gateway did not take a WebSocket message; names the status and what may help."""


class DataConflict(AsgiLambdaError):
    """The data of a connection were changed elsewhere, or are gone; `refresh` reads them."""
