"""What the inspector serves, and whom it refuses; the page itself is tried in a browser."""

from __future__ import annotations

import asyncio
import functools
import json
from importlib import resources
from typing import Any

import anyio
import httpx
import pytest

from asgi_lambda import adapt
from asgi_lambda.local import Gateway, inspector
from asgi_lambda.local.events import BUILDERS
from asgi_lambda.local.inspector import Inspector
from tests.local.clients import ask, connect
from tests.local.test_gateway import echo, returns


def inspected(handler: Any = echo, source: str = "http-api") -> Inspector:
    return Inspector(Gateway(adapt(handler, lifespan="off"), source))


JSON = {"content-type": "application/json"}


class Stream:
    """A client of the stream, until it is closed."""

    def __init__(self, app: Any) -> None:
        self.status = 0
        self._lines: asyncio.Queue[bytes] = asyncio.Queue()
        self._gone = asyncio.Event()
        self._asked = False
        headers = [(b"host", b"localhost:8000")]
        scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/_lambda/stream"}
        scope |= {"headers": headers, "client": ("::1", 5000)}
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> Any:
        if not self._asked:
            self._asked = True
            return {"type": "http.request"}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self._lines.put_nowait(message.get("body", b""))

    async def next(self) -> tuple[str, Any]:
        """The name and the value of the next event."""
        with anyio.fail_after(10):
            line = (await self._lines.get()).decode()
        if line.startswith(":"):
            return "comment", None
        name, data = line.removesuffix("\n\n").split("\n")
        return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))

    async def close(self) -> None:
        self._gone.set()
        await self.task


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/_lambda", "text/html; charset=utf-8"),
        ("/_lambda/", "text/html; charset=utf-8"),
        ("/_lambda/style.css", "text/css; charset=utf-8"),
        ("/_lambda/script.js", "text/javascript; charset=utf-8"),
        ("/_lambda/parts.js", "text/javascript; charset=utf-8"),
        ("/_lambda/replay.js", "text/javascript; charset=utf-8"),
    ],
)
def test_files_of_the_page(path: str, media_type: str) -> None:
    response = ask(inspected(), path)
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert response.headers["cache-control"] == "no-store"
    assert "http:" not in response.text  # nothing from elsewhere
    assert "https:" not in response.text


def test_page_is_part_of_the_package() -> None:
    page = resources.files("asgi_lambda.local") / "page"
    assert {each.name for each in page.iterdir()} == {file for file, _ in inspector._FILES.values()}


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "hello.localhost:1", "127.0.0.1:8000", "[::1]:8000"]
)
def test_hosts_that_are_this_machine(host: str) -> None:
    assert ask(inspected(), "/_lambda", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "127.0.0.1.attacker.example",
        "localhost.example:8000",
        "notlocalhost",
        "10.0.0.1",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/_lambda", "/_lambda/stream", "/_lambda/exchanges/x"])
def test_hosts_of_others(host: str, path: str) -> None:
    response = ask(inspected(), path, headers={"host": host})
    assert response.status_code == 403
    assert response.text == "The inspector answers to localhost alone.\n"


@pytest.mark.parametrize(
    "client", [("192.0.2.7", 5000), ("", 0), ("/tmp/socket", 0), None], ids=str
)
def test_clients_elsewhere(client: Any) -> None:
    async def main() -> int:
        transport = httpx.ASGITransport(inspected(), client=client)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as there:
            return (await there.get("/_lambda")).status_code

    assert anyio.run(main) == 403


def test_server_that_names_no_client() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {"type": "http", "path": "/_lambda", "headers": [(b"host", b"localhost")]}
    receive: Any = None
    anyio.run(inspected(), scope, receive, send)
    assert sent[0]["status"] == 403


def test_paths_of_others_are_the_applications() -> None:
    app = inspected()
    assert ask(app, "/_lambdas").json()["path"] == "/_lambdas"
    assert ask(app, "/x/_lambda", headers={"host": "shop.example"}).status_code == 201


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/_lambda/nothing", "GET"),
        ("/_lambda/exchanges", "GET"),
        ("/_lambda/exchanges/none", "GET"),
        ("/_lambda/exchanges/none/event.json", "GET"),
        ("/_lambda", "POST"),
        ("/_lambda/stream", "POST"),
    ],
)
def test_what_is_not_there(path: str, method: str) -> None:
    assert ask(inspected(), path, method).status_code == 404


def test_one_exchange() -> None:
    app = inspected(source="rest-api")

    async def main() -> tuple[Any, httpx.Response]:
        stream = Stream(app)
        async with connect(app) as client:
            await client.get("/prod/x?a=b", headers={"authorization": "secret"})
            events = [await stream.next() for _ in range(5)]
            found = (await client.get(f"/_lambda/exchanges/{events[-1][1]['id']}")).json()
            saved = await client.get(f"/_lambda/exchanges/{found['id']}/event.json")
        await stream.close()
        assert stream.status == 200
        states = [(name, value.get("running"), value.get("status")) for name, value in events]
        assert states == [
            ("door", None, None),
            ("exchange", False, None),
            ("exchange", True, None),
            ("exchange", False, None),
            ("exchange", False, 201),
        ]
        assert events[0][1] == {
            "source": "rest-api",
            "prefix": "/prod",
            "sources": list(BUILDERS),
            "tapped": True,
        }
        return found, saved

    found, saved = anyio.run(main)
    assert found["http_in"]["line"] == "GET /prod/x?a=b"
    assert found["http_out"]["line"] == "201 Created"
    assert found["scope"]["root_path"] == "/prod"
    assert found["messages"][0]["type"] == "http.request"
    assert found["response"]["statusCode"] == 201
    assert saved.json() == found["event"]
    assert saved.json()["headers"]["Authorization"] == "secret"
    assert f'filename="event-{found["id"]}.json"' in saved.headers["content-disposition"]


def test_event_is_the_one_that_was_sent() -> None:
    def function(event: Any, context: Any) -> Any:
        event.clear()
        return {"statusCode": 200}

    app = Inspector(Gateway(function))
    ask(app, "/x")
    [exchange] = app._exchanges.values()
    assert exchange.event is not None
    assert exchange.event["rawPath"] == "/x"


def test_decorated_handler_is_tapped_and_a_plain_function_is_not() -> None:
    handler = adapt(echo, lifespan="off")

    @functools.wraps(handler)
    def decorated(event: Any, context: Any) -> Any:
        return handler(event, context)

    app = Inspector(Gateway(decorated))
    ask(app, "/x")
    [exchange] = app._exchanges.values()
    assert exchange.messages
    assert app._door()["tapped"] is True
    assert Inspector(Gateway(returns({})))._door()["tapped"] is False


def test_stream_begins_with_what_is_there_and_tells_of_a_clear() -> None:
    app = inspected()

    async def main() -> None:
        async with connect(app) as client:
            await client.get("/first")
            one, two = Stream(app), Stream(app)
            for stream in (one, two):
                assert (await stream.next())[0] == "door"
                name, value = await stream.next()
                assert (name, value["target"]) == ("exchange", "/first")
            cleared = await client.delete("/_lambda/exchanges")
            assert cleared.status_code == 204
            for stream in (one, two):
                assert await stream.next() == ("clear", None)
            await one.close()
            assert app._streams
            app.close()  # as the server does at its end
            await two.task
            assert not app._streams

    anyio.run(main)


def test_silent_stream_says_that_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector, "_HEARTBEAT", 0.01)

    async def main() -> None:
        stream = Stream(inspected())
        assert (await stream.next())[0] == "door"
        assert (await stream.next())[0] == "comment"
        await stream.close()

    anyio.run(main)


def test_only_the_last_exchanges_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector, "_MOST", 2)
    app = inspected()
    for path in ("/a", "/b", "/c"):
        ask(app, path)
    assert [exchange.target for exchange in app._exchanges.values()] == ["/b", "/c"]


def test_replay() -> None:
    app = inspected(source="rest-api")

    async def main() -> None:
        async with connect(app) as client:
            await client.put("/prod/x?a=b", content=b"body", headers={"x-own": "1"})
            [past] = app._exchanges.values()
            address = f"/_lambda/exchanges/{past.id}/replay"

            again = await client.post(address, json={})
            assert (again.status_code, again.json()["status"]) == (200, 201)
            assert again.json()["target"] == "/prod/x?a=b"

            other = await client.post(address, json={"source": "alb", "path": "/y"})
            assert (other.json()["source"], other.json()["target"]) == ("alb", "/y")
            shown = (await client.get(f"/_lambda/exchanges/{other.json()['id']}")).json()
            assert shown["replays"] == past.id
            assert shown["event"]["requestContext"]["elb"]
            assert shown["http_in"]["body"]["text"] == "body"

            wrong = await client.post(address, json={"source": "nginx"})
            assert (wrong.status_code, wrong.text[:25]) == (400, "source: expected one of h")
            assert (await client.post(address, content=b"{", headers=JSON)).status_code == 400
            # As a form of another page could send it.
            form = await client.post(address, content=b"{}", headers={"content-type": "text/plain"})
            assert form.status_code == 415
            assert (await client.post(address + "s", json={})).status_code == 404
        assert len(app._exchanges) == 3

    anyio.run(main)


def test_large_bodies_are_not_kept_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspector, "_MOST_BYTES", 20_000)
    app = Inspector(Gateway(returns({"statusCode": 200, "body": "x" * 4000})))
    for path in ("/a", "/b", "/c"):
        ask(app, path, "POST", content=b"x" * 1000)
    assert [exchange.target for exchange in app._exchanges.values()] == ["/b", "/c"]
    ask(app, "/large", "POST", content=b"x" * 20_000)
    assert [exchange.target for exchange in app._exchanges.values()] == ["/large"]


def test_lifespan_is_the_gateways() -> None:
    app = inspected()
    app.started(0.1)

    async def main() -> Any:
        sent: list[Any] = []
        messages = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive() -> Any:
            return {"type": next(messages)}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await app({"type": "lifespan"}, receive, send)
        return sent

    assert anyio.run(main) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
