"""The smallest application, as it stands, behind each front door."""

import pytest

from examples.hello.app import handler
from tests.examples.conftest import Open
from tests.frameworks.front_doors import FrontDoor


def test_says_what_was_asked_for(open_client: Open, door: FrontDoor) -> None:
    client = open_client(handler)

    answers = [client.get("/some/path?x=1&y=%C3%A9") for _ in range(3)]

    expected = f"GET {door.prefix}/some/path\nquery: x=1&y=%C3%A9\n"
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.text for answer in answers] == [expected] * 3
    assert answers[0].headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_takes_any_method(open_client: Open, door: FrontDoor, method: str) -> None:
    answer = open_client(handler).request(method, "/path")

    assert answer.text == f"{method} {door.prefix}/path\nquery: \n"
