"""Plain functions, as any may be written for Lambda."""

from __future__ import annotations

import asyncio
import datetime
import logging
import os
import sys
import threading
import time
from decimal import Decimal
from typing import Any

logger = logging.getLogger("functions")


def echo(event: Any, context: Any) -> Any:
    return event


def results(event: Any, context: Any) -> Any:
    """What may be returned, and what may not."""
    return {
        "decimals": {"a": Decimal("1.10"), "b": [Decimal("NaN"), Decimal(3)]},
        "text": "Größe 文 \u2028",
        "nested": {"list": [1, None, True, 1.5], "tuple": (1, 2), "empty": [{}, []]},
        "keys": {1: "a", None: "b", False: "c", 1.5: "d"},
        "keys with decimals": {1: Decimal(1), None: "b", False: "c", 1.5: "d", "x": {}},
        "bytes": b"raw \xff",
        "bytes inside": {"a": b"text", b"key": Decimal(1)},
        "nan": float("nan"),
        "none": None,
        "text alone": "text",
        "date": datetime.date(2026, 1, 1),
        "set": {1},
        "key": {(1, 2): Decimal(1)},
        "not text": {"a": b"\xff"},
    }[event]


def describe(event: Any, context: Any) -> Any:
    """All that the context says."""
    names = [name for name in dir(context) if not name.startswith("_")]
    values = {name: repr(getattr(context, name)) for name in names if name != "log"}
    values = {name: value for name, value in values.items() if "bound method" not in value}
    remaining = context.get_remaining_time_in_millis()
    client = context.client_context
    return {
        "names": names,
        "values": values,
        "repr": repr(context),
        "remaining": (type(remaining).__name__, 0 < remaining <= 30_000),
        "w3c": context.w3c(),
        "client": client and [client.custom, client.env, client.client and client.client.app_title],
        "identity": context.identity.cognito_identity_id,
        "trace": os.environ.get("_X_AMZN_TRACE_ID"),
    }


def raises(event: Any, context: Any) -> Any:
    if event == "chained":
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("second") from error
    if event == "nameless":
        raise RuntimeError
    if event == "lines":
        raise RuntimeError("a\nb")
    if event == "large":
        raise RuntimeError("x" * 1_100_000)
    if event == "stop":
        raise StopIteration("stop")
    raise ValueError("Größe")


def logs(event: Any, context: Any) -> Any:
    """Everything that writes."""
    print("printed", "twice")
    print("to stderr", file=sys.stderr)
    sys.stdout.writelines(["a\n", "b\n"])
    context.log("by the context\n")
    for level in (
        logging.DEBUG,
        logging.INFO,
        logging.WARNING,
        logging.ERROR,
        logging.CRITICAL,
        35,
    ):
        logger.log(level, "at level %d", level)
    logging.getLogger().setLevel(logging.INFO)
    logger.info("with more", extra={"order": 7, "when": datetime.date(2026, 1, 1)})
    logger.info({"a": "dictionary"})
    try:
        raise KeyError("caught")
    except KeyError:
        logger.exception("an exception")
    return None


def runs_a_loop(event: Any, context: Any) -> Any:
    """A function may run an event loop of its own, on the main thread."""

    async def double() -> int:
        await asyncio.sleep(0)
        return int(event) * 2

    return asyncio.run(double())


def meets(event: Any, context: Any) -> Any:
    """Wait until so many are in here at once."""
    meeting.append(threading.current_thread())
    while len(set(meeting)) < int(event):
        time.sleep(0.001)
    logger.warning("met")
    return context.aws_request_id


meeting: list[threading.Thread] = []


def exits(event: Any, context: Any) -> Any:
    sys.exit(int(event))


async def is_async(event: Any, context: Any) -> Any:
    return event
