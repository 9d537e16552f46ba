"""Fixtures of all tests: a kept loop of one's own, and events as small as can be."""

from __future__ import annotations

import functools
import logging
import signal
from typing import TYPE_CHECKING

import pytest

import asgi_lambda
from asgi_lambda import application, environment, termination
from tests.backends import BACKENDS, Adapt, Backend

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _own_loop() -> Iterator[None]:
    """Each test makes its own kept loops, which end with it."""
    yield
    for backend in BACKENDS.values():
        backend.end()


@pytest.fixture(params=BACKENDS.values(), ids=list(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Backend:
    """One backend after the other."""
    backend: Backend = request.param
    return backend


@pytest.fixture
def adapt(backend: Backend) -> Adapt:
    """`adapt` for an application on the backend of the test."""
    return functools.partial(asgi_lambda.adapt, backend=backend.name)


@pytest.fixture
def on_lambda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The variables by which Lambda's environment is known, and its signal handler undone."""
    monkeypatch.setenv("_HANDLER", "app.handler")
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    monkeypatch.setattr(termination, "_installed", {})
    previous = signal.getsignal(signal.SIGTERM)
    assert environment.on_lambda()
    yield
    signal.signal(signal.SIGTERM, previous)


@pytest.fixture
def log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> pytest.LogCaptureFixture:
    """The log of the package, from DEBUG on, without a line of how busy the machine is."""
    monkeypatch.setattr(application, "_NOTICEABLE", 60.0)
    caplog.set_level(logging.DEBUG, logger="asgi_lambda")
    return caplog
