"""Requests, as the front doors that matter here send them."""

from __future__ import annotations

import time
from typing import Any, Final

from asgi_lambda.local.events import build
from asgi_lambda.local.request import Deployment, Request

STREAM: Final = {"ASGI_LAMBDA_INVOKE_MODE": "RESPONSE_STREAM"}


def request(path: str, *, source: str = "function-url", method: str = "GET") -> dict[str, Any]:
    """The event of a request."""
    stage = "prod" if source == "rest-api" else None
    sent = Request(method, path, [("host", "example.com")], b"")
    return build(source, sent, Deployment(stage, "", ()))


def deadline(seconds: float) -> str:
    """The header of a deadline that is so near."""
    return str(int((time.time() + seconds) * 1000))
