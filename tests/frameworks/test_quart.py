"""Quart as it is deployed: it needs `root_path` in the form of the ASGI specification."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from quart import Quart, Response, jsonify, request, url_for

from asgi_lambda import adapt
from tests.frameworks import front_doors
from tests.frameworks.contract import CHUNKS, Contract


class TestQuart(Contract):
    def application(self, startups: list[str]) -> Quart:
        app = Quart(__name__)

        @app.before_serving
        async def startup() -> None:
            startups.append("started")

        @app.get("/state")
        async def state() -> dict[str, Any]:
            own: dict[str, Any] = request.scope["state"]
            marked = "mark" in own
            own["mark"] = True
            return {"startups": len(startups), "marked": marked}

        @app.get("/query")
        async def query() -> Response:
            return jsonify(list(request.args.items(multi=True)))

        @app.get("/cookies")
        async def cookies() -> Response:
            response = jsonify(request.cookies)
            response.set_cookie("first", "1")
            response.set_cookie("second", "2")
            return response

        @app.post("/bytes")
        async def content() -> Response:
            return Response(await request.get_data(), mimetype="application/octet-stream")

        @app.post("/json")
        async def json() -> dict[str, int]:
            return {"length": len((await request.get_json())["text"])}

        @app.post("/form")
        async def form() -> dict[str, int]:
            return {"length": len((await request.form)["text"])}

        @app.get("/error")
        async def error() -> str:
            raise RuntimeError("broken")

        @app.get("/stream")
        async def stream() -> AsyncIterator[str]:
            async def chunks() -> AsyncIterator[str]:
                for chunk in CHUNKS:
                    yield chunk
                    await asyncio.sleep(0)

            return chunks()

        @app.get("/link")
        async def link() -> str:
            return url_for("state", _external=True)

        return app


class Background:
    """A task that an application starts and does not wait for; the steps it took so far."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.go_on = asyncio.Event()
        self.ended = asyncio.Event()

    async def work(self) -> None:
        self.steps.append("began")
        await self.go_on.wait()
        self.steps.append("ended")
        self.ended.set()


def test_background_task_is_not_waited_for_and_goes_on_in_later_invocations() -> None:
    background = Background()
    app = Quart(__name__)

    @app.post("/start")
    async def start() -> str:
        app.add_background_task(background.work)
        return "started"

    @app.post("/finish")
    async def finish() -> list[str]:
        background.go_on.set()
        await background.ended.wait()
        return background.steps

    handler = adapt(app)
    with front_doors.client(handler=handler, door=front_doors.HTTP_API) as client:
        assert client.post("/start").text == "started"
        # Between invocations the loop stands still, and the task with it.
        background.go_on.set()
        assert "ended" not in background.steps
        assert client.post("/finish").json() == ["began", "ended"]
    handler.shutdown()


def test_shutdown_waits_for_a_background_task() -> None:
    background = Background()
    app = Quart(__name__)

    @app.post("/start")
    async def start() -> str:
        app.add_background_task(background.work)
        background.go_on.set()
        return "started"

    handler = adapt(app)
    with front_doors.client(handler=handler, door=front_doors.HTTP_API) as client:
        client.post("/start")
    handler.shutdown()

    assert background.steps == ["began", "ended"]
