"""Fixtures: no call of the management API leaves the process."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest

from asgi_lambda.websocket import common
from tests.websocket.play import FakeAPI, websocket_only

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_lambda import Handler
    from tests.backends import Adapt

    Serve = Callable[..., Handler]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeAPI:
    """The management API of every endpoint."""
    fake = FakeAPI()
    monkeypatch.setattr(common, "Management", fake)
    return fake


@pytest.fixture
def serve(adapt: Adapt, api: FakeAPI) -> Serve:
    """A handler for a WebSocket application that has no tasks but its own, so without linger."""

    def make(application: Any, **options: Any) -> Handler:
        options = {"websocket_linger": 0, **options}
        return functools.partial(adapt, websocket_only(application))(**options)

    return make
