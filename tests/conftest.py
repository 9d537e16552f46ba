"""Fixtures of all tests: a kept loop of one's own, and events as small as can be."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import TYPE_CHECKING

import pytest

from asgi_lambda import environment, termination
from asgi_lambda.loops import asyncio as asyncio_loop

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _own_loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test makes its own kept loop, which ends with it."""
    monkeypatch.setattr(asyncio_loop, "_kept", None)
    yield
    kept = asyncio_loop._kept
    if kept is None or kept.raw.is_closed():
        return
    for task in asyncio.all_tasks(kept.raw):
        task.cancel()
    for _ in range(3):  # turns for the tasks, their cleaning up and their callbacks
        kept.raw.call_soon(kept.raw.stop)
        kept.raw.run_forever()
    kept.raw.close()
    asyncio.set_event_loop(None)


@pytest.fixture
def on_lambda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The variables by which Lambda's environment is known, and its signal handler undone."""
    monkeypatch.setenv("_HANDLER", "app.handler")
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    monkeypatch.setattr(termination, "_installed", None)
    previous = signal.getsignal(signal.SIGTERM)
    assert environment.on_lambda()
    yield
    signal.signal(signal.SIGTERM, previous)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The log of the package, from DEBUG on."""
    caplog.set_level(logging.DEBUG, logger="asgi_lambda")
    return caplog
