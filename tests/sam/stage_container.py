"""The image of examples/Dockerfile: a Lambda function on AWS's emulator, and a web server.

Not collected with the other tests, which need no Docker: `tests/sam/run` names the file, and says
which image is the base.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from tests.sam.commands import CHECKOUT, asgi_lambda, build, run

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = CHECKOUT / "docs" / "containers.md"
CUSTOM_RUNTIME: Final = "examples/custom_runtime/Dockerfile"
# The entry points, and their arguments, as the page has them.
COMMANDS: Final = dict(
    re.findall(r"^\$ docker run .*--entrypoint (\S+) starlette (.+)$", PAGE.read_text(), re.M)
)
SERVERS: Final = ["uvicorn", "gunicorn"]
INVOCATIONS: Final = "/2015-03-31/functions/function/invocations"
BOOK: Final = "Čapek: R.U.R."


@pytest.fixture(scope="module")
def image() -> Iterator[str]:
    with made_of("examples/Dockerfile") as name:
        yield name


@contextmanager
def made_of(dockerfile: str) -> Iterator[str]:
    """The name of an image."""
    name = f"asgi-lambda-test-{uuid.uuid4().hex}"
    base = f"PYTHON={os.environ['PYTHON_IMAGE']}"
    command = ("docker", "build", "--file", dockerfile, "--build-arg", base)
    run(*command, "--tag", name, ".", timeout=900)
    yield name
    run("docker", "image", "rm", "--force", name)


@contextmanager
def started(
    image: str, entry: str, command: list[str], *, port: int, options: tuple[str, ...] = ()
) -> Iterator[str]:
    """The address of a container. port: where it listens inside."""
    publish = ("--publish", f"127.0.0.1::{port}", *options)
    begin = ("docker", "run", "--detach", *publish, "--entrypoint", entry)
    container = run(*begin, image, *command).strip()
    try:
        address = run("docker", "port", container, str(port)).splitlines()[0]
        yield f"http://{address}"
    finally:
        run("docker", "rm", "--force", container)


def ask(address: str, **event: Any) -> httpx.Response:
    """The answer, as soon as somebody listens. event: what is posted, if anything is."""
    give_up = time.monotonic() + 60
    while True:
        try:
            if event:
                return httpx.post(address, json=event, timeout=60)
            return httpx.get(address, timeout=60)
        except httpx.TransportError:
            assert time.monotonic() < give_up, address
            time.sleep(0.2)


def emulator() -> Path:
    """AWS's emulator, which the SAM CLI brings along."""
    package = importlib.util.find_spec("samcli")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "local" / "rapid" / "aws-lambda-rie-x86_64"


def test_function_is_served_on_awss_emulator(image: str) -> None:
    configured = json.loads(run("docker", "image", "inspect", image))[0]["Config"]
    command = configured["Entrypoint"] + configured["Cmd"]
    assert " ".join(command) == COMMANDS["/rie"]
    event = json.loads(asgi_lambda("event", "/books/2", "--source", "function-url"))

    options = ("--volume", f"{emulator()}:/rie:ro")
    with started(image, "/rie", command, port=8080, options=options) as address:
        answer = ask(address + INVOCATIONS, **event).json()

    assert (answer["statusCode"], json.loads(answer["body"])["title"]) == (200, BOOK)


def test_custom_runtime_serves_a_function_that_is_not_in_it() -> None:
    event = json.loads(asgi_lambda("event", "/here", "--source", "function-url"))
    options = (
        *("--volume", f"{emulator()}:/rie:ro", "--env", "_HANDLER=app.handler"),
        *("--volume", f"{CHECKOUT / 'examples/hello'}:/var/task:ro"),
    )

    with (
        made_of(CUSTOM_RUNTIME) as image,
        started(image, "/rie", ["/var/runtime/bootstrap"], port=8080, options=options) as address,
    ):
        answer = ask(address + INVOCATIONS, **event).json()

    assert (answer["statusCode"], "GET /here" in answer["body"]) == (200, True)


def test_function_of_the_template_is_built_and_streams(tmp_path: Path) -> None:
    parameters = ("ContainerImage=build", f"ContainerBase={os.environ['PYTHON_IMAGE']}")
    template = build(
        template=CHECKOUT / "template.yaml",
        folder=tmp_path,
        parameters=parameters,
        function="Container",
    )
    event = tmp_path / "event.json"
    event.write_text(asgi_lambda("event", "/books/2", "--source", "function-url"))
    invoke = ("sam", "local", "invoke", "Container", "--template", str(template))

    output = run(*invoke, "--event", str(event), "--parameter-overrides", *parameters)

    prelude, _, body = output.partition("\0" * 8)
    assert json.loads(prelude.splitlines()[-1])["statusCode"] == 200
    assert json.loads(body.splitlines()[0])["title"] == BOOK
    run("docker", "image", "rm", "--force", "container:starlette")


@pytest.mark.parametrize("server", SERVERS)
def test_application_is_served_by_a_web_server(image: str, server: str) -> None:
    with started(image, server, COMMANDS[server].split(), port=8000) as address:
        answer = ask(f"{address}/books/2")

    assert (answer.status_code, answer.json()) == (
        200,
        {"title": BOOK, "self": f"{address}/books/2"},
    )
