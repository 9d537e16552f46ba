"""A double callable that is a class, as it stands, behind each front door."""

from collections.abc import Callable

import httpx

from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "asgi2_class"


def test_counts_in_the_state_of_its_lifespan(
    new_client: Callable[[], httpx.Client], door: FrontDoor
) -> None:
    client = new_client()

    answers = [client.get("/here").json() for _ in range(3)]
    other = client.get("/there").json()

    path = f"{door.prefix}/here"
    assert answers == [{"path": path, "count": count} for count in (1, 2, 3)]
    assert other == {"path": f"{door.prefix}/there", "count": 1}


def test_starts_once(client: httpx.Client) -> None:
    counts = [client.get("/often").json()["count"] for _ in range(3)]

    assert counts == [counts[0], counts[0] + 1, counts[0] + 2]
