"""What every framework must do behind every front door; each test module here has one framework.

The application of a subclass serves, below any prefix:

GET /state    JSON: `startups` so far, and whether the request's state was `marked` before; marks it
GET /query    JSON: the pairs of the query
GET /cookies  JSON: the cookies; sets two, `first=1` and `second=2`
POST /bytes   the body, as application/octet-stream
POST /json    JSON: the `length` of the string `text` in a JSON body
POST /form    JSON: the `length` of the field `text` of a form
GET /error    raises
GET /stream   three chunks of text, with waits between them
GET /link     text: the URL of /state as the framework makes it, where `links` is true
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

import httpx
import pytest

from asgi_lambda import adapt
from tests.frameworks import front_doors
from tests.frameworks.front_doors import FRONT_DOORS, FrontDoor

# Every byte, and no valid UTF-8.
BINARY = bytes(range(256)) * 400
# Long enough for several chunks of any server, short enough for an ALB.
TEXT = "0123456789 é&=+%" * 15_000
CHUNKS = ("one\n", "two é\n", "three\n")


class Contract:
    """The tests; a subclass gives the application.

    options: further arguments of `adapt`. lifespan: whether the framework has one. links: whether
    it makes URLs that have the host and the prefix. blank_values: whether it keeps `a=` of a query.
    """

    options: ClassVar[Mapping[str, Any]] = {}
    lifespan: ClassVar[bool] = True
    links: ClassVar[bool] = True
    blank_values: ClassVar[bool] = True

    def application(self, startups: list[str]) -> Any:
        """A new application, which appends to `startups` whenever it starts."""
        raise NotImplementedError

    @pytest.fixture(params=FRONT_DOORS, ids=lambda door: door.name)
    def door(self, request: pytest.FixtureRequest) -> FrontDoor:
        door: FrontDoor = request.param
        return door

    @pytest.fixture
    def startups(self) -> list[str]:
        return []

    @pytest.fixture
    def client(self, door: FrontDoor, startups: list[str]) -> Iterator[httpx.Client]:
        handler = adapt(self.application(startups), **door.options, **self.options)
        with front_doors.client(handler=handler, door=door) as client:
            yield client
        handler.shutdown()

    def test_starts_once_and_gives_each_request_its_own_state(
        self, client: httpx.Client, startups: list[str]
    ) -> None:
        answers = [client.get("/state") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 200]
        times = 1 if self.lifespan else 0
        assert [answer.json() for answer in answers] == [{"startups": times, "marked": False}] * 3
        assert len(startups) == times

    def test_query(self, client: httpx.Client, door: FrontDoor) -> None:
        query = {"name": ["é x"], "sign": ["+&=%"], "many": ["1", "2"], "empty": [""]}
        if not door.repeats_query:
            query["many"] = ["2"]
        if not self.blank_values:
            del query["empty"]

        answer = client.get(f"/query?{urlencode(query, doseq=True)}")

        assert answer.status_code == 200
        # Frameworks may sort the keys, as some front doors do.
        received: dict[str, list[str]] = {}
        for key, value in answer.json():
            received.setdefault(key, []).append(value)
        assert received == query

    def test_two_cookies_go_out_and_come_back(self, client: httpx.Client) -> None:
        first, second, third = [client.get("/cookies") for _ in range(3)]

        assert first.json() == {}
        assert dict(first.cookies) == {"first": "1", "second": "2"}
        assert second.json() == third.json() == {"first": "1", "second": "2"}

    def test_binary_body_both_ways(self, client: httpx.Client) -> None:
        headers = {"content-type": "application/octet-stream"}

        answers = [client.post("/bytes", content=BINARY, headers=headers) for _ in range(2)]

        for answer in answers:
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "application/octet-stream"
            assert answer.content == BINARY

    def test_large_json(self, client: httpx.Client) -> None:
        answer = client.post("/json", json={"text": TEXT})

        assert answer.status_code == 200
        assert answer.json() == {"length": len(TEXT)}

    def test_large_form(self, client: httpx.Client) -> None:
        answer = client.post("/form", data={"text": TEXT, "other": "x"})

        assert answer.status_code == 200
        assert answer.json() == {"length": len(TEXT)}

    def test_unknown_path_is_not_found(self, client: httpx.Client) -> None:
        assert client.get("/absent").status_code == 404

    def test_error_answers_500_and_the_next_request_works(self, client: httpx.Client) -> None:
        assert client.get("/error").status_code == 500
        assert client.get("/state").status_code == 200

    def test_streamed_response_arrives_whole(self, client: httpx.Client) -> None:
        answers = [client.get("/stream") for _ in range(2)]

        for answer in answers:
            assert answer.status_code == 200
            assert answer.text == "".join(CHUNKS)

    def test_link_leads_back_through_the_front_door(
        self, client: httpx.Client, door: FrontDoor
    ) -> None:
        if not self.links:
            # Without root_path a framework's links have no prefix; its routes still work.
            assert client.get("/state").status_code == 200
            return
        link = client.get("/link").text

        assert link == f"{door.url}/state"
        assert client.get(link).status_code == 200
