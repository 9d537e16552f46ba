"""A double callable that is a class, as it stands, behind each front door."""

from examples.asgi2_class.app import handler
from tests.examples.conftest import Open
from tests.frameworks.front_doors import FrontDoor


def test_counts_in_the_state_of_its_lifespan(open_client: Open, door: FrontDoor) -> None:
    client = open_client(handler)

    answers = [client.get("/here").json() for _ in range(3)]
    other = client.get("/there").json()

    path = f"{door.prefix}/here"
    assert answers == [{"path": path, "count": count} for count in (1, 2, 3)]
    assert other == {"path": f"{door.prefix}/there", "count": 1}


def test_counts_anew_after_a_shutdown(open_client: Open) -> None:
    client = open_client(handler)

    assert client.get("/here").json()["count"] == 1
    handler.shutdown()
    assert client.get("/here").json()["count"] == 1
