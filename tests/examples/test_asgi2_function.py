"""A double callable that is a function, as it stands, behind each front door."""

import httpx

EXAMPLE = "asgi2_function"

TEXT = b"what goes in comes out backwards"
BINARY = bytes(range(256)) * 10


def test_turns_bodies_round(client: httpx.Client) -> None:
    for body in (TEXT, BINARY, b""):
        answers = [client.post("/", content=body) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert [answer.content for answer in answers] == [body[::-1]] * 3
        assert answers[0].headers["content-type"] == "application/octet-stream"
