"""Requests to a Lambda handler behind a Function URL, with nothing that a front door adds.

What the peers answer is compared, so neither a request id nor an error page of AWS's belongs to it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx

from asgi_lambda.local.context import Context
from tests.frameworks.front_doors import FUNCTION_URL


class Transport(httpx.BaseTransport):
    """Sends a client's requests to a handler, whose exceptions are the client's."""

    def __init__(self, handler: Callable[..., Any]) -> None:
        self._handler = handler

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == FUNCTION_URL.host, f"nobody answers at {request.url}"
        event = FUNCTION_URL.event(
            method=request.method,
            target=request.url.raw_path.decode(),
            headers=request.headers.multi_items(),
            body=request.read(),
        )
        response = self._handler(event, Context())
        fields = [*response["headers"].items()]
        fields += [("set-cookie", cookie) for cookie in response.get("cookies", [])]
        body = response["body"]
        content = base64.b64decode(body) if response["isBase64Encoded"] else body.encode()
        return httpx.Response(response["statusCode"], headers=fields, content=content)
