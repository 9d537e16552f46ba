"""Both adapters on one event loop, each with nothing left of the test before."""

from __future__ import annotations

import pytest

from asgi_lambda.loops import asyncio as asyncio_loop


@pytest.fixture(autouse=True)
def _loop(_own_loop: None) -> None:
    """The kept loop becomes the thread's current one, which is what Mangum takes."""
    asyncio_loop.kept()
