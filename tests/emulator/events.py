"""Events as the services send them, reduced to what the tests read."""

from __future__ import annotations

from base64 import b64encode
from typing import Any


def request(*, path: str, method: str = "GET", body: bytes | None = None) -> dict[str, Any]:
    """A request through an HTTP API, payload format 2.0; a body goes as base64."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "api.example.com", "content-type": "application/octet-stream"},
        "requestContext": {
            "domainName": "api.example.com",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
            },
            "stage": "$default",
        },
        "isBase64Encoded": body is not None,
    }
    if body is not None:
        event["body"] = b64encode(body).decode()
    return event


def sqs(*, bodies: list[str]) -> dict[str, Any]:
    """A batch of SQS messages."""
    return {
        "Records": [
            {"messageId": str(number), "body": body, "eventSource": "aws:sqs"}
            for number, body in enumerate(bodies)
        ]
    }


def durable() -> dict[str, Any]:
    """The invocation of a durable function, whose protocol no argument of `adapt` accepts."""
    return {
        "DurableExecutionArn": "arn:aws:lambda:eu-west-1:123456789012:x",
        "CheckpointToken": "t",
    }
