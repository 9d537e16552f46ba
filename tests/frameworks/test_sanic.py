"""Sanic as it is deployed: it routes by `raw_path` and knows no `root_path`."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from typing import Any, ClassVar

from sanic import HTTPResponse, Request, Sanic, raw
from sanic import json as json_response

from tests.frameworks.contract import CHUNKS, Contract

# Sanic keeps a register of its applications, in which names must differ.
_numbers = itertools.count()


class TestSanic(Contract):
    options: ClassVar[Mapping[str, Any]] = {"strip_root_path": True}
    links: ClassVar[bool] = False

    def application(self, startups: list[str]) -> Any:
        app = Sanic(f"contract-{next(_numbers)}", configure_logging=False)
        # A banner would be in the log of every environment.
        app.config.MOTD = False
        # It rewrites Sanic's own methods, for the one application that a process has elsewhere.
        app.config.TOUCHUP = False

        @app.before_server_start
        async def start(app: Any) -> None:
            startups.append("started")

        @app.get("/state")
        async def state(request: Request) -> HTTPResponse:
            own: dict[str, Any] = request.transport.scope["state"]
            marked = "mark" in own
            own["mark"] = True
            return json_response({"startups": len(startups), "marked": marked})

        @app.get("/query")
        async def query(request: Request) -> HTTPResponse:
            return json_response(request.get_query_args(keep_blank_values=True))

        @app.get("/cookies")
        async def cookies(request: Request) -> HTTPResponse:
            received = {name: request.cookies.get(name) for name in request.cookies}
            response = json_response(received)
            response.add_cookie("first", "1", samesite=None, secure=False)
            response.add_cookie("second", "2", samesite=None, secure=False)
            return response

        @app.post("/bytes")
        async def content(request: Request) -> HTTPResponse:
            return raw(request.body, content_type="application/octet-stream")

        @app.post("/json")
        async def json(request: Request) -> HTTPResponse:
            return json_response({"length": len(request.json["text"])})

        @app.post("/form")
        async def form(request: Request) -> HTTPResponse:
            fields = request.form
            assert fields is not None
            return json_response({"length": len(str(fields.get("text")))})

        @app.get("/error")
        async def error(request: Request) -> HTTPResponse:
            raise RuntimeError("broken")

        @app.get("/stream")
        async def stream(request: Request) -> None:
            response = await request.respond(content_type="text/plain; charset=utf-8")
            for chunk in CHUNKS:
                await response.send(chunk)
                await asyncio.sleep(0)

        return app
