"""BlackSheep as it is deployed: it routes by `raw_path`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar

from blacksheep import Application, Content, Cookie, Request, Response, Router, StreamedContent
from blacksheep import json as json_response

from tests.frameworks.contract import CHUNKS, Contract


class TestBlackSheep(Contract):
    links: ClassVar[bool] = False
    blank_values: ClassVar[bool] = False

    def application(self, startups: list[str]) -> Application:
        router = Router()
        app = Application(router=router)

        @app.on_start
        async def start(app: Application) -> None:
            startups.append("started")

        @router.get("/state")
        async def state(request: Request) -> Response:
            own: dict[str, Any] = request.scope["state"]  # type: ignore[typeddict-item]
            marked = "mark" in own
            own["mark"] = True
            return json_response({"startups": len(startups), "marked": marked})

        @router.get("/query")
        async def query(request: Request) -> Response:
            pairs = [(key, value) for key, values in request.query.items() for value in values]
            return json_response(pairs)

        @router.get("/cookies")
        async def cookies(request: Request) -> Response:
            response = json_response(request.cookies)
            response.set_cookie(Cookie("first", "1"))
            response.set_cookie(Cookie("second", "2"))
            return response

        @router.post("/bytes")
        async def content(request: Request) -> Response:
            body = await request.read() or b""
            return Response(200, content=Content(b"application/octet-stream", body))

        @router.post("/json")
        async def json(request: Request) -> Response:
            return json_response({"length": len((await request.json())["text"])})

        @router.post("/form")
        async def form(request: Request) -> Response:
            fields = await request.form()
            assert fields is not None
            return json_response({"length": len(str(fields["text"]))})

        @router.get("/error")
        async def error(request: Request) -> Response:
            raise RuntimeError("broken")

        @router.get("/stream")
        async def stream(request: Request) -> Response:
            async def chunks() -> AsyncIterator[bytes]:
                for chunk in CHUNKS:
                    yield chunk.encode()
                    await asyncio.sleep(0)

            return Response(200, content=StreamedContent(b"text/plain; charset=utf-8", chunks))

        return app
