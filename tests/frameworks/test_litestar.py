"""Litestar as it is deployed: it keeps what it has parsed in the state of the request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, MediaType, Request, get, post
from litestar.response import Response, Stream

from tests.frameworks.contract import CHUNKS, Contract


@get("/query")
async def query(request: Request[Any, Any, Any]) -> list[tuple[str, str]]:
    return list(request.query_params.multi_items())


@get("/cookies")
async def cookies(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    response = Response(dict(request.cookies))
    response.set_cookie("first", "1")
    response.set_cookie("second", "2")
    return response


@post("/bytes", status_code=200)
async def content(request: Request[Any, Any, Any]) -> Response[bytes]:
    return Response(await request.body(), media_type="application/octet-stream")


@post("/json", status_code=200)
async def json(request: Request[Any, Any, Any]) -> dict[str, int]:
    return {"length": len((await request.json())["text"])}


@post("/form", status_code=200)
async def form(request: Request[Any, Any, Any]) -> dict[str, int]:
    return {"length": len((await request.form())["text"])}


@get("/error")
async def error() -> None:
    raise RuntimeError("broken")


@get("/stream")
async def stream() -> Stream:
    async def chunks() -> AsyncIterator[str]:
        for chunk in CHUNKS:
            yield chunk
            await asyncio.sleep(0)

    return Stream(chunks(), media_type=MediaType.TEXT)


@get("/link", media_type=MediaType.TEXT)
async def link(request: Request[Any, Any, Any]) -> str:
    return request.url_for("state")


class TestLitestar(Contract):
    def application(self, startups: list[str]) -> Litestar:
        @asynccontextmanager
        async def lifespan(app: Litestar) -> AsyncIterator[None]:
            startups.append("started")
            yield

        @get("/state", name="state")
        async def state(request: Request[Any, Any, Any]) -> dict[str, Any]:
            own: dict[str, Any] = request.scope["state"]
            marked = "mark" in own
            own["mark"] = True
            return {"startups": len(startups), "marked": marked}

        routes = [state, query, cookies, content, json, form, error, stream, link]
        # Without its configuration of logging, which is the whole process's.
        return Litestar(routes, lifespan=[lifespan], logging_config=None)
