"""Django with Channels, as it stands: its pages behind each front door, its consumer by itself."""

import subprocess

import httpx

from scripts.example import CHECKOUT, environment
from tests.examples.on_runtime import served
from tests.examples.running import Example
from tests.examples.sockets import BOTO3, ENDPOINT, environments
from tests.frameworks.front_doors import FrontDoor
from tests.runtime.double import NEXT
from tests.websocket import connections_api
from tests.websocket.play import connect, message

EXAMPLE = "channels"

# Runs where Channels is installed, with the test client that Channels brings.
PROGRAM = """
import asyncio
from channels.testing import WebsocketCommunicator
from examples.channels.app import app

async def main():
    socket = WebsocketCommunicator(app, "/rooms/köök")
    connected, _ = await socket.connect()
    assert connected
    assert await socket.receive_from() == "Welcome to köök"
    await socket.send_to(text_data="hello")
    assert await socket.receive_from() == "HELLO"
    await socket.send_to(bytes_data=bytes(range(256)))
    assert await socket.receive_from() == bytes(range(256))
    await socket.send_to(text_data="bye")
    assert await socket.receive_output() == {"type": "websocket.close", "code": 4000}

asyncio.run(main())
"""


def test_page_has_links(client: httpx.Client, door: FrontDoor) -> None:
    answers = [client.get("/rooms/k%C3%B6%C3%B6k") for _ in range(3)]

    url = f"{door.url}/rooms/k%C3%B6%C3%B6k"
    expected = {"room": "köök", "link": url, "socket": url.replace("https", "wss")}
    assert [answer.json() for answer in answers] == [expected] * 3


def test_absent_page(client: httpx.Client) -> None:
    assert client.get("/absent").status_code == 404
    assert client.get("/rooms/one").status_code == 200


def test_consumer_answers() -> None:
    # Its test client stands on daphne.
    python = environment(EXAMPLE, "daphne==4.2.3")
    result = subprocess.run(
        [python, "-c", PROGRAM], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )

    assert (result.returncode, result.stderr) == (0, "")


def test_has_no_lifespan(example: Example) -> None:
    assert example.found["lifespan"] == "without lifespan"


def test_socket_greets_and_answers() -> None:
    with environments(EXAMPLE) as [sockets]:
        assert sockets.enter()["statusCode"] == 200
        # Under AWS's client the greeting waits for the next event.
        assert sockets.api.sent("one") == []
        assert sockets.say("köök") == ["Welcome to the lobby", "KÖÖK"]
        assert sockets.say("bye") == ["Welcome to the lobby", "KÖÖK"]
        assert sockets.closed() == ["one"]


def test_runtime_greets_right_after_the_handshake() -> None:
    with (
        connections_api.serving() as (sent, where),
        served(EXAMPLE, BOTO3, **{ENDPOINT: where}) as (api, _),
    ):
        assert api.invoke(connect()).content["statusCode"] == 200
        # An invocation is over when the runtime asks for the next one.
        api.wait_for(NEXT, 2)
        assert sent.sent("one") == ["Welcome to the lobby"]
        api.invoke(message("köök"), "two")
        api.wait_for(NEXT, 3)
        assert sent.sent("one") == ["Welcome to the lobby", "KÖÖK"]
