"""Calls in threads, where their loop ends first; the rest is seen in whole connections."""

from __future__ import annotations

import threading
from typing import Any

from asgi_lambda.websocket.threads import Threads


class Ended:
    """A loop that takes nothing any more."""

    def soon(self, callback: Any) -> None:
        raise RuntimeError("closed")


def test_a_loop_that_has_ended_is_told_nothing() -> None:
    told: list[Any] = []
    ended: Any = Ended()
    threads = Threads(ended, lambda: told.append("ended"))
    called = threading.Event()
    threads.start(called.set, lambda result, error: told.append(result))
    assert threads._pool is not None
    threads._pool.shutdown(wait=True)
    assert called.is_set()
    assert (threads.in_flight, told) == (0, [])
