"""The smallest application, as it stands, behind each front door."""

import httpx
import pytest

from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "hello"


def test_says_what_was_asked_for(client: httpx.Client, door: FrontDoor) -> None:
    answers = [client.get("/some/path?x=1&y=%C3%A9") for _ in range(3)]

    expected = f"GET {door.prefix}/some/path\nquery: x=1&y=%C3%A9\n"
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.text for answer in answers] == [expected] * 3
    assert answers[0].headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_takes_any_method(client: httpx.Client, door: FrontDoor, method: str) -> None:
    answer = client.request(method, "/path")

    assert answer.text == f"{method} {door.prefix}/path\nquery: \n"
