"""The orders, as they stand, behind each front door, and before their tasks on the runtime."""

from __future__ import annotations

import httpx
import pytest

from tests.examples.on_runtime import event, served
from tests.frameworks.front_doors import FrontDoor
from tests.runtime.double import NEXT

EXAMPLE = "background_tasks"

# As in the example.
PAUSE = 0.3


def test_order_is_confirmed_in_the_end(client: httpx.Client, door: FrontDoor) -> None:
    for name in ("ada", "Žofie"):
        answer = client.post("/orders", json={"to": name})

        assert answer.status_code == 202
        number = answer.json()["number"]
        assert answer.json()["self"] == f"{door.url}/orders/{number}"
        assert client.get(answer.json()["self"]).json() == {"to": name, "confirmed": True}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}"])
def test_order_without_a_name_is_refused(client: httpx.Client, body: bytes) -> None:
    assert client.post("/orders", content=body).status_code == 400


@pytest.mark.parametrize("number", [0, 999])
def test_other_orders_are_not_found(client: httpx.Client, number: int) -> None:
    answer = client.get(f"/orders/{number}")

    assert (answer.status_code, answer.text) == (404, f"This environment has no order {number}")


def test_answer_leaves_before_the_tasks_and_the_next_event_waits_for_them() -> None:
    taken = event("/orders", source="http-api", method="POST", body=b'{"to": "ada"}')
    with served(EXAMPLE) as (api, program):
        answered = api.invoke(taken, "one")
        before = program.log
        following = api.wait_for(NEXT, 2)
        program.wait_for_log("confirmed 1")
        shown = api.invoke(event("/orders/1", source="http-api"), "two")

    assert answered.content["statusCode"] == 202
    assert "confirmed 1" not in before
    assert answered.whole_at is not None
    assert following.at - answered.whole_at > PAUSE * 0.9
    assert shown.content["body"] == '{"to":"ada","confirmed":true}'
