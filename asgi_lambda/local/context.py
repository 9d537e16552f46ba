"""Lambda's context object, for an invocation that Lambda does not make."""

from __future__ import annotations

import sys
import time
import uuid

from asgi_lambda.local.fields import ACCOUNT, REGION


class Identity:
    """The Cognito identity of a caller that has none."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self) -> None:
        self.cognito_identity_id = None
        self.cognito_identity_pool_id = None


class Context:
    """Every attribute and method of the context that AWS's Python runtime client passes.

    timeout: seconds that the invocation may take, from now on.
    """

    def __init__(
        self, *, function_name: str = "local", timeout: float = 30.0, request_id: str | None = None
    ) -> None:
        self.aws_request_id = request_id or str(uuid.uuid4())
        self.function_name = function_name
        self.function_version = "$LATEST"
        self.invoked_function_arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function_name}"
        # Text, as it comes from an environment variable.
        self.memory_limit_in_mb = "128"
        self.log_group_name = f"/aws/lambda/{function_name}"
        self.log_stream_name = f"{time.strftime('%Y/%m/%d')}/[$LATEST]{uuid.uuid4().hex}"
        self.identity = Identity()
        self.client_context = None
        self.tenant_id = None
        self._deadline = time.time() + timeout

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda would end the invocation."""
        return max(0, int((self._deadline - time.time()) * 1000))

    def log(self, message: object) -> None:
        """Write to the log, which is stderr here."""
        sys.stderr.write(str(message))

    def w3c(self) -> dict[str, str]:
        """The trace context that came with the invocation: none."""
        return {}
