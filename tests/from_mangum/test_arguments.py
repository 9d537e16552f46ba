"""The table of arguments: each of Mangum's is there, and does what the page says."""

from __future__ import annotations

import inspect

import pytest
from mangum import Mangum

from asgi_lambda import ConfigurationError
from tests.applications import http_event
from tests.frameworks.front_doors import (
    HTTP_API_STAGE,
    HTTP_API_V1_STAGE,
    REST_BASE_PATH,
    FrontDoor,
)
from tests.from_mangum.sides import handlers, parts, request, response, results
from tests.pages import CHECKOUT, rows

PAGE = CHECKOUT / "docs/from-mangum.md"
EVENT = http_event(path="/basement")


def test_every_argument_is_in_the_table() -> None:
    parameters = list(inspect.signature(Mangum).parameters)

    assert [cells[0].strip("`") for cells in rows(PAGE, "## Arguments")] == parameters


def test_app() -> None:
    app = response()

    assert [handler.app for handler in handlers(app)] == [app, app]


def test_lifespan_has_the_same_words() -> None:
    for word in ("auto", "on", "off"):
        handlers(response(), lifespan=word)
    with pytest.raises(Exception, match="lifespan") as theirs:
        Mangum(response(), lifespan="of")  # type: ignore[arg-type]
    assert type(theirs.value).__name__ == ConfigurationError.__name__


@pytest.mark.parametrize("door", [REST_BASE_PATH, HTTP_API_STAGE, HTTP_API_V1_STAGE])
def test_strip_root_path_gives_the_path_that_the_base_path_gave(door: FrontDoor) -> None:

    theirs, ours = parts(
        request(door),
        "path",
        "root_path",
        theirs={"api_gateway_base_path": door.prefix},
        ours={"strip_root_path": True},
    )

    assert theirs == ours == ("/items", "")


def test_base_path_is_no_part_of_a_segment() -> None:
    theirs, ours = parts(
        EVENT,
        "path",
        theirs={"api_gateway_base_path": "/base"},
        ours={"root_path": "/base", "strip_root_path": True},
    )

    assert (theirs, ours) == ("ment", "/basement")


def test_text_types_are_added_to_those_that_are_known() -> None:
    own, known = b"application/x-own", b"application/json"
    options = {
        "theirs": {"text_mime_types": ["application/x-own"]},
        "ours": {"text_types": ["application/x-own"]},
    }
    for media_type, expected in ((own, ("{}", "{}")), (known, ("e30=", "{}"))):
        app = response(b"{}", headers={b"content-type": media_type})
        theirs, ours = results(app, EVENT, **options)
        assert (theirs["body"], ours["body"]) == expected


def test_excluded_headers_of_an_http_api() -> None:
    app = response(headers={b"x-internal": b"1"})
    options = {side: {"exclude_headers": ["X-Internal"]} for side in ("theirs", "ours")}

    for event in (EVENT, request(HTTP_API_V1_STAGE)):
        theirs, ours = results(app, event, **options)
        assert "x-internal" in theirs["headers"]
        assert "x-internal" not in ours["headers"]
    for result in results(app, request(REST_BASE_PATH), **options):
        assert "x-internal" not in result["headers"]
