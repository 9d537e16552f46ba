"""Real requests to `sam local start-api`, which asks a function in a container.

Not collected with the other tests, which need no Docker: `tests/sam/run` names the file.
"""

from __future__ import annotations

import base64
import json
import re
import uuid
from typing import TYPE_CHECKING, NamedTuple

import httpx
import pytest

from tests.sam.commands import CHECKOUT, asgi_lambda, build, serving
from tests.sam.echo.app import BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Api(NamedTuple):
    """A local API in front of `echo`. source: its front door, as the command line names it."""

    source: str
    client: httpx.Client


@pytest.fixture(scope="module", params=["http-api", "rest-api"])
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    source: str = request.param
    folder = tmp_path_factory.mktemp(source)
    template = build(template=CHECKOUT / f"tests/sam/echo/{source}.yaml", folder=folder)
    with (
        serving(template=template, log=folder / "log") as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield Api(source, client)


def test_bytes_arrive_at_the_client(api: Api) -> None:
    answer = api.client.get("/bytes")

    assert (answer.status_code, answer.content) == (200, BYTES)


# SAM reads what is sent to an HTTP API as UTF-8, and answers 502 if it is none. HTTP APIs take any
# bytes, but SAM goes by the binary types of a REST API.
@pytest.mark.parametrize("api", ["rest-api"], indirect=True)
def test_bytes_arrive_at_the_application(api: Api) -> None:
    headers = {"content-type": "application/octet-stream"}

    answer = api.client.post("/echo", content=BYTES, headers=headers)

    assert (answer.status_code, answer.content) == (200, BYTES)


def test_text_goes_both_ways(api: Api) -> None:
    text = "žluťoučký kůň\r\n" * 99

    answer = api.client.post("/echo", content=text.encode(), headers={"content-type": "text/plain"})

    assert (answer.status_code, answer.content) == (200, text.encode())


def test_query_keeps_repeats(api: Api) -> None:
    answer = api.client.get("/request?a=1&a=2&b=%C3%A9")

    assert answer.text == "GET /request\na=1&a=2&b=%C3%A9"


def test_each_cookie_has_its_header(api: Api) -> None:
    answer = api.client.get("/cookies")

    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2; Path=/"]


def test_head_has_no_body(api: Api) -> None:
    answer = api.client.head("/bytes")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/octet-stream"


def test_redirect_is_followed(api: Api) -> None:
    answer = api.client.get("/moved", follow_redirects=True)

    assert [each.status_code for each in answer.history] == [303]
    assert answer.text == "GET /request\nmoved=yes"


def test_application_says_what_is_not_there(api: Api) -> None:
    answer = api.client.get("/absent")

    assert (answer.status_code, answer.text) == (404, "nothing here")


def test_stage_is_no_prefix_where_none_is_typed(api: Api) -> None:
    """SAM's events name a stage, but its addresses have none: links must not either."""
    assert api.client.get("/root-path").text == "''"


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/bytes"),
        ("GET", "/request/a%20b/%C3%A9?x=1&x=%2B"),
        ("GET", "/cookies"),
        ("GET", "/moved"),
        ("GET", "/absent"),
        ("DELETE", "/request"),
    ],
    ids=lambda value: value,
)
def test_answer_is_that_of_a_direct_invocation(api: Api, method: str, target: str) -> None:
    handler = "tests.sam.echo.app:handler"
    options = ("--request", method, "--source", api.source, "--json")
    direct = json.loads(asgi_lambda("invoke", handler, target, *options))
    headers = list(direct["headers"].items())
    for name, values in direct.get("multiValueHeaders", {}).items():
        headers += [(name, value) for value in values]
    headers += [("set-cookie", value) for value in direct.get("cookies", ())]
    body = direct["body"].encode()
    if direct["isBase64Encoded"]:
        body = base64.b64decode(body)

    answer = api.client.request(method, target)

    # Of SAM's web server, not of the function.
    own = ("server", "date", "connection", "content-length")
    through_api = [each for each in answer.headers.multi_items() if each[0] not in own]
    assert (answer.status_code, answer.content) == (direct["statusCode"], body)
    assert sorted(through_api) == sorted(headers)


def test_template_of_one_example_serves_it(tmp_path: Path) -> None:
    """A browser's visit to Quart, as docs/deploy.md tells it."""
    page = (CHECKOUT / "docs" / "deploy.md").read_text()
    text = re.search(r"^```yaml\n(.*?)^```$", page, re.M | re.S)
    assert text
    # In the checkout, since its paths are relative to it.
    template = CHECKOUT / f".one-{uuid.uuid4().hex}.yaml"
    template.write_text(text[1].replace("python3.13", "python3.11"))
    try:
        built = build(template=template, folder=tmp_path, parameters=("Example=quart",))
    finally:
        template.unlink()

    with (
        serving(template=built, log=tmp_path / "log") as address,
        httpx.Client(base_url=address, follow_redirects=True, timeout=60) as browser,
    ):
        browser.headers["accept"] = "text/html,application/xhtml+xml"
        book = browser.get("/books/2")
        assert book.json() == {"title": "Čapek: R.U.R.", "link": f"{address}/books/2"}
        # By the cookie of the first answer.
        last = browser.get("/last")
        assert (last.json(), len(last.history)) == (book.json(), 1)
        assert browser.get("/books/3").status_code == 404
