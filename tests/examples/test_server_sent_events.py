"""The countdown, as it stands, behind each front door, and streamed by the runtime."""

from __future__ import annotations

import re
from itertools import pairwise

import httpx
import pytest

from tests.examples.on_runtime import STREAMED, Stream, event, served
from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "server_sent_events"

# As in the example.
PAUSE = 0.5


def numbers(body: str) -> list[int]:
    """The events of a response; each has its number as its id too."""
    found = re.findall(r"^id: (\d+)\ndata: (\d+)\n\n", body, re.M)
    assert all(each == data for each, data in found)
    return [int(each) for each, _ in found]


def test_stream_is_an_answer_everywhere(client: httpx.Client) -> None:
    answer = client.get("/countdown?from=1")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.startswith("retry: 500\n\n")
    assert numbers(answer.text) == [1, 0]


def test_client_goes_on_where_it_was(client: httpx.Client) -> None:
    answer = client.get("/countdown?from=10", headers={"last-event-id": "1"})
    over = client.get("/countdown?from=10", headers={"last-event-id": "0"})

    assert numbers(answer.text) == [0]
    assert (over.status_code, over.content) == (204, b"")


@pytest.mark.parametrize("target", ["/countdown?from=x", "/countdown?from=1001"])
def test_other_numbers_are_refused(client: httpx.Client, target: str) -> None:
    assert client.get(target).status_code == 400


def test_page_asks_behind_the_prefix_and_nobody_else(client: httpx.Client, door: FrontDoor) -> None:
    answer = client.get("/")

    assert f'const root = "{door.prefix}";' in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    # No script, style or image of others.
    assert "//" not in re.sub("^ *// .*$", "", answer.text, flags=re.M)


@pytest.mark.parametrize("source", ["function-url", "rest-api"])
def test_events_arrive_one_by_one(source: str) -> None:
    with served(EXAMPLE, **STREAMED) as (api, _):
        path = "/countdown?from=2"
        stream = Stream(api.invoke(event(path, source=source)))

    assert stream.prelude["statusCode"] == 200
    assert numbers(stream.body.decode()) == [2, 1, 0]
    arrived = [part.at for part in stream.parts if b"data: " in part.content]
    assert len(arrived) == 3
    assert all(later - earlier > PAUSE * 0.9 for earlier, later in pairwise(arrived))


def test_response_ends_before_the_countdown_and_the_next_goes_on() -> None:
    with served(EXAMPLE, **STREAMED) as (api, _):
        first = Stream(api.invoke(event("/countdown?from=6")))
        again = (("last-event-id", str(numbers(first.body.decode())[-1])),)
        second = Stream(api.invoke(event("/countdown?from=6", headers=again), "two"))

    assert numbers(first.body.decode()) == [6, 5, 4, 3, 2]
    assert numbers(second.body.decode()) == [1, 0]
