"""Examples under the runtime of this package, as a function has it that streams."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from asgi_lambda.local.events import build
from asgi_lambda.local.request import Deployment, Request
from scripts.example import environment
from tests.emulator.program import Program, clean_environment
from tests.runtime.double import Double, Received

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAMED = {"ASGI_LAMBDA_INVOKE_MODE": "RESPONSE_STREAM"}


class Part(NamedTuple):
    """A part of a body; at: when it arrived, in seconds of the monotonic clock."""

    at: float
    content: bytes


class Stream:
    """A streamed response, as Lambda takes it.

    parts: those of the body, one for each chunk that had any of it.
    """

    def __init__(self, received: Received) -> None:
        head = received.headers
        assert head["lambda-runtime-function-response-mode"] == "streaming"
        assert received.trailers == {}
        prelude, _, rest = received.body.partition(b"\0" * 8)
        self.prelude: dict[str, Any] = json.loads(prelude)
        self.body = rest
        self.parts: list[Part] = []
        before = len(prelude) + 8
        for at, piece in received.pieces:
            content, before = piece[before:], max(before - len(piece), 0)
            if content:
                self.parts.append(Part(at, content))


@contextmanager
def served(name: str, *extra: str, **variables: str) -> Iterator[tuple[Double, Program]]:
    """The Runtime API of an example, and its process.

    extra: what to install besides its requirements. variables: more of its environment.
    """
    with Double() as api:
        command = [
            str(environment(name, *extra)),
            "-m",
            "asgi_lambda.runtime",
            f"examples.{name}.app.handler",
        ]
        lambdas = {
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_FUNCTION_NAME": "example",
        }
        with Program(
            command=command, environment=clean_environment({**lambdas, **variables})
        ) as program:
            yield api, program


def event(
    target: str,
    *,
    source: str = "function-url",
    method: str = "GET",
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
) -> dict[str, Any]:
    """The event of a request; a REST API has the stage prod."""
    stage = "prod" if source == "rest-api" else None
    sent = Request(method, target, [("host", "example.com"), *headers], body)
    return build(source, sent, Deployment(stage, "", ()))
