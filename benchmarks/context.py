"""The context object of an invocation."""

from __future__ import annotations

import time
from typing import Final

_TIMEOUT: Final = 30_000


class Context:
    """What Lambda passes beside an event, computed as AWS's runtime client does it.

    Source: awslambdaric, `lambda_context.py`.
    """

    def __init__(self, *, request_id: str) -> None:
        self.aws_request_id = request_id
        self.function_name = "benchmark"
        self.function_version = "$LATEST"
        self.memory_limit_in_mb = 1024
        self.invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:benchmark"
        self.log_group_name = "/aws/lambda/benchmark"
        self.log_stream_name = "2026/01/01/[$LATEST]00000000000000000000000000000000"
        self.identity = None
        self.client_context = None
        self._deadline = int(time.time() * 1000) + _TIMEOUT

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""
        return max(self._deadline - int(time.time() * 1000), 0)
