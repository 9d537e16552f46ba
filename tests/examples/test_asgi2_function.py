"""A double callable that is a function, as it stands, behind each front door."""

from examples.asgi2_function.app import handler
from tests.examples.conftest import Open

TEXT = b"what goes in comes out backwards"
BINARY = bytes(range(256)) * 10


def test_turns_bodies_round(open_client: Open) -> None:
    client = open_client(handler)

    for body in (TEXT, BINARY, b""):
        answers = [client.post("/", content=body) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert [answer.content for answer in answers] == [body[::-1]] * 3
        assert answers[0].headers["content-type"] == "application/octet-stream"
