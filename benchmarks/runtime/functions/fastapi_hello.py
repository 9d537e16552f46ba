"""The same as `hello`, with FastAPI."""

import asyncio

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from benchmarks.runtime.functions.hello import GREETING, HOLD

application = FastAPI()


@application.get("/hello", response_class=PlainTextResponse)
async def hello(page: int = 1) -> bytes:
    """The line of text."""
    return GREETING


@application.get("/hold", response_class=PlainTextResponse)
async def hold() -> bytes:
    """The line of text, after a while."""
    await asyncio.sleep(HOLD)
    return GREETING
