"""The management API of a WebSocket API, called by boto3, in the thread of whoever calls.

boto3 is imported at the first call: Lambda's runtimes have it, and an application that never sends
needs none.
Source: API Gateway guide, "Use @connections commands in your backend service".
"""

from __future__ import annotations

import os
import random
import threading
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from asgi_lambda.errors import SendFailed
from asgi_lambda.sources.source import is_default_host
from asgi_lambda.websocket.outbox import Gone
from asgi_lambda.websocket.threads import MOST

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_lambda.lambda_types import Event

# Where this service is, as the local gateway says, and as AWS's own SDKs know it.
ENDPOINTS: Final = ("ASGI_LAMBDA_WEBSOCKET_ENDPOINT", "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI")

_GONE: Final = 410
_FORBIDDEN: Final = 403
# Too many calls, and a service that is not well: another try may succeed.
_AGAIN: Final = (429, 500, 502, 503, 504)
_ATTEMPTS: Final = 8
# Seconds before the second attempt, doubled for each that follows.
_FIRST_DELAY: Final = 0.05
_LONGEST_DELAY: Final = 1.0
_SECONDS_TO_CONNECT: Final = 3
_SECONDS_TO_ANSWER: Final = 10

_sleep = time.sleep


def endpoint(event: Event, configured: str | None) -> str:
    """Where the connections of an event are managed. Raises KeyError and TypeError.

    The default host takes the stage, a custom domain does not: with it, AWS refuses the call. No
    event tells the base path that a domain may have, so that one has to be configured.
    """
    if configured is not None:
        return configured
    for name in ENDPOINTS:
        if from_environment := os.environ.get(name):
            return from_environment
    context = event["requestContext"]
    domain, stage = context["domainName"], context["stage"]
    if not isinstance(domain, str):
        raise TypeError("expected a domain name as text")
    return f"https://{domain}/{stage}" if is_default_host(domain) else f"https://{domain}"


class Management:
    """The connections of one endpoint."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._making = threading.Lock()
        self._made: Any = None

    def post(self, connection_id: str, data: bytes, patience: float) -> None:
        """Send a text message, of UTF-8. Raises SendFailed and Gone."""
        client = self._client()
        self._call(
            lambda: client.post_to_connection(ConnectionId=connection_id, Data=data), patience
        )

    def delete(self, connection_id: str) -> None:
        """Close a connection. Raises SendFailed and Gone."""
        client = self._client()
        self._call(lambda: client.delete_connection(ConnectionId=connection_id), 0.0)

    def _client(self) -> Any:
        if self._made is None:
            with self._making:
                self._made = self._made or self._make()
        return self._made

    def _make(self) -> Any:
        try:
            import boto3
            from botocore.config import Config
        except ModuleNotFoundError as error:
            raise SendFailed(
                "expected boto3, which sends to WebSocket connections, got an environment without "
                "it; install asgi-lambda[websocket]"
            ) from error
        config = Config(
            max_pool_connections=MOST,
            connect_timeout=_SECONDS_TO_CONNECT,
            read_timeout=_SECONDS_TO_ANSWER,
            # Attempts are made here, where it is known which failures may pass.
            retries={"total_max_attempts": 1},
        )
        # A session of our own: the default one is not safe to be used from several threads.
        session = boto3.session.Session(**_identity(self._endpoint))
        return session.client("apigatewaymanagementapi", endpoint_url=self._endpoint, config=config)

    def _call(self, call: Callable[[], object], patience: float) -> None:
        from botocore import exceptions

        until = time.monotonic() + patience
        delay, attempt = _FIRST_DELAY, 1
        while True:
            try:
                call()
                return
            except exceptions.ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                if status == _GONE:
                    if time.monotonic() >= until:
                        raise Gone from None
                elif status not in _AGAIN or attempt >= _ATTEMPTS:
                    raise SendFailed(_refusal(status, attempt)) from error
                else:
                    attempt += 1
            except (exceptions.ConnectionError, exceptions.ConnectionClosedError) as error:
                # Nothing was there, or a kept connection that had ended while the environment was
                # frozen. After a timeout the message may have been taken, so that one is no reason.
                if attempt >= _ATTEMPTS:
                    raise SendFailed(f"expected {self._endpoint} to answer, got none") from error
                attempt += 1
            except exceptions.BotoCoreError as error:
                raise SendFailed(f"expected a call of {self._endpoint}, got: {error}") from error
            # Half of it by chance, so that calls which failed together do not come back together.
            _sleep(delay * (0.5 + random.random() / 2))
            delay = min(delay * 2, _LONGEST_DELAY)


def _identity(endpoint: str) -> dict[str, Any]:
    """Region and credentials, where boto3 is not to look for them itself."""
    url = urlsplit(endpoint)
    labels = (url.hostname or "").split(".")
    if url.scheme == "http":
        # No AWS is there, so nobody checks a signature, and no real one shall go there.
        return {
            "region_name": "us-east-1",
            "aws_access_key_id": "local",
            "aws_secret_access_key": "local",
        }
    if labels[1:2] == ["execute-api"] and len(labels) > 3:
        return {"region_name": labels[2]}
    # Lambda says it so; boto3 looks for another variable, which Lambda sets too.
    region = os.environ.get("AWS_REGION")
    return {} if region is None else {"region_name": region}


def _refusal(status: int, attempts: int) -> str:
    text = f"expected API Gateway to take it, got the status {status} in {attempts} attempts"
    if status == _FORBIDDEN:
        text += (
            "; the role of the function needs execute-api:ManageConnections, and a custom domain "
            "with a base path needs websocket_endpoint"
        )
    return text
