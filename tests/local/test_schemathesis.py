"""What Schemathesis thinks up for the FastAPI example, through every front door.

Each request goes to the application itself too: what a client gets must be the same, but for what
AWS's own front door loses, which is left out here with its reason.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, reject, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
)
from starlette.testclient import TestClient

from asgi_lambda.local import Gateway
from asgi_lambda.local.events import BUILDERS

Case = schemathesis.Case[Any]
EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "fastapi" / "app.py"
# REST APIs decode a binary answer only where its type is listed.
SETTINGS: Final[dict[str, Any]] = {
    "rest-api": {"stage": "prod", "binary_media_types": ["*/*"]},
    "http-api": {"stage": "dev"},
    "http-api-v1": {"stage": "dev"},
}
# The example's document names neither its 404 nor the type of its picture, so that two checks are
# missing: those of undocumented statuses and media types.
CHECKS: Final = [
    not_a_server_error,
    response_schema_conformance,
    response_headers_conformance,
    positive_data_acceptance,
    negative_data_rejection,
]
COMPARED: Final = ("content-type", "set-cookie", "location", "allow", "content-length")
EXAMPLES: Final = 15


class Both(NamedTuple):
    """The example behind a front door, and by itself, each with a state of its own."""

    door: TestClient
    alone: TestClient
    prefix: str
    source: str


def example() -> Any:
    """The example as a new module, whose application nobody has called."""
    spec = importlib.util.spec_from_file_location("example", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def below(app: Any, prefix: str) -> Callable[..., Any]:
    """The application as a server has it that knows where it is mounted."""

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "root_path": prefix}, receive, send)

    return mounted


@pytest.fixture(params=BUILDERS)
def both(request: pytest.FixtureRequest) -> Iterator[Both]:
    source = request.param
    gateway: Any = Gateway(example().handler, source, **SETTINGS.get(source, {}))
    prefix = gateway.door.prefix
    with TestClient(gateway) as door, TestClient(below(example().app, prefix)) as alone:
        yield Both(door, alone, prefix, source)


@pytest.mark.parametrize("mode", GenerationMode)
def test_client_gets_what_it_would_get_without_lambda(both: Both, mode: GenerationMode) -> None:
    document = both.door.get(f"{both.prefix}/openapi.json").json()
    assert document == both.alone.get(f"{both.prefix}/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # the document has no errors
        if mode is GenerationMode.NEGATIVE and operation.path == "/pixel":
            continue  # it takes nothing, so nothing can be wrong with it

        @seed(1)
        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def compare(case: Case) -> None:
            if is_lost(both.source, prepare(case, both.prefix)):
                reject()
            found, expected = (send(each, both.prefix, case) for each in both[:2])
            names = [name for name in COMPARED if name in expected.headers]
            assert told(found, names) == told(expected, names), case.as_curl_command()
            case.validate_response(found, checks=CHECKS)

        compare()


def prepare(case: Case, prefix: str) -> Any:
    """What a client writes."""
    arguments = case.as_transport_kwargs(base_url=f"http://testserver{prefix}")
    return requests.Request(**arguments).prepare()


def send(client: TestClient, prefix: str, case: Case) -> Any:
    request = prepare(case, prefix)
    client.cookies.clear()
    return client.request(
        str(request.method),
        str(request.url),
        headers=dict(request.headers),
        content=request.body,
        follow_redirects=False,
    )


def is_lost(source: str, request: Any) -> bool:
    """Whether AWS's front door of this name hands on something else than what was sent."""
    body = request.body.encode() if isinstance(request.body, str) else request.body or b""
    # JSON goes on as text, but from a REST API whose types are all binary.
    if source != "rest-api" and body.decode("utf-8", "replace").encode() != body:
        return True
    # An HTTP API decodes the path, and reads it up to a question mark that is in it then.
    path = str(request.url).partition("?")[0].lower()
    return source.startswith("http-api") and ("%2f" in path or "%3f" in path)


def told(response: Any, names: list[str]) -> tuple[int, bytes, dict[str, str]]:
    """What is compared; names: of headers. A front door adds a media type where there is none."""
    headers = {name: response.headers.get(name, "") for name in names}
    return response.status_code, response.content, headers
