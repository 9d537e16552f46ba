"""What other servers and adapters answer differently from `adapt`, and why.

For each request of a conversation there is the status that they answer with now, or `_` where the
answer is the same. Nothing here may be out of date: the tests fail for a difference that is not
here, and for one that is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.parity.answers import NO_ANSWER
from tests.parity.conversations import CONVERSATIONS

Status = int | None
_: Final[Status] = None
NONE: Final = NO_ANSWER


@dataclass(frozen=True)
class Difference:
    """One reason, for some examples under some peers.

    why: as the page has it. sign: a pattern of what is then in the log or told of a failure; ""
    where the answers say enough. statuses: by example, of each request, or one for all.
    """

    peers: tuple[str, ...]
    why: str
    sign: str
    statuses: Mapping[str, int | tuple[Status, ...]]

    def of(self, example: str) -> tuple[Status, ...]:
        """The status of each request."""
        statuses = self.statuses[example]
        if isinstance(statuses, int):
            return (statuses,) * len(CONVERSATIONS[example])
        return statuses


ASGI_2: Final = "takes an application of ASGI 2 for one of ASGI 3 or of WSGI"
NO_LIFESPAN: Final = "runs no lifespan, so what the application opens at its startup is not there"
LIFESPAN_EACH: Final = "starts and stops the application with every request"
LIFESPAN_ONCE: Final = "stops the application after its first request"
LIFESPAN_SCOPE: Final = "has no `asgi` and no `state` in the scope of the lifespan, so it fails"
ON_ASYNCIO: Final = "runs on asyncio, and the application on trio"
ON_TRIO: Final = "runs on trio, and the application on asyncio"
NO_EVENT: Final = "has no Lambda event, which is what the application shows"
RAW_PATH: Final = "leaves `raw_path` None, by which the application finds its routes"
CONTENT_TYPE: Final = (
    "adds `content-type: application/json` to an answer without one, as a Function URL does itself"
)
AS_TYPED: Final = "leaves `path` percent-encoded, and passes one value of a repeated parameter"
SCOPE: Final = "has no `root_path` and no `server` in the scope"
EXCEPTION: Final = "has its own answer, or none, where the application raised an exception"

_POSITIONAL: Final = r"takes \d positional arguments? but \d were given"
_ASGI_2: Final = ("asgi2_function", "asgi2_class", "scope_viewer", "lemon", "nardis")
_NO_TRIO: Final = "'RunContext' object has no attribute 'runner'"
_STARTUP_FAILED: Final = "received: lifespan.startup.failed"

DIFFERENCES: Final = (
    Difference(("hypercorn", "mangum"), ASGI_2, _POSITIONAL, dict.fromkeys(_ASGI_2, 500)),
    Difference(("bonnette",), ASGI_2, _POSITIONAL, dict.fromkeys(_ASGI_2, NONE)),
    Difference(("hypercorn-trio",), ASGI_2, _POSITIONAL, {"asgi2_class": 500, "scope_viewer": 500}),
    # Taken for WSGI, these have no lifespan, which ends the server before it listens or soon after.
    Difference(
        ("hypercorn-trio",),
        ASGI_2,
        "trio.ClosedResourceError",
        {"asgi2_function": NONE, "lemon": NONE, "nardis": NONE},
    ),
    Difference(
        ("daphne",),
        NO_LIFESPAN,
        "",
        {
            "asgi2_class": 500,
            "starlette": (500, _, 500, 500, _, 500, _),
            "fastapi": (500, 500, _, _, _, 500, _, _, _),
            "quart": (404, _, _, _, _, _),
            "litestar": (500, 500, _, _, 500, _, 500, _, _),
            "falcon": (200, 201, 404, _, _, _, _, _),
            "sanic": 500,
            "mcp": (500, 500, 500, _, 500, _),
            "responder": (404, _, _, _, _, 404),
            "bocadillo": (200, _, _, _, _, _, _),
            "notes": (500, 500, 500, 500, _, _, _, _, _),
            "files": (500, 500, 500, _, 500, _, 500),
            "background_tasks": (500, _, 500, _, _),
        },
    ),
    Difference(
        ("uvicorn", "hypercorn", "daphne", "gunicorn", "mangum"),
        ON_ASYNCIO,
        _NO_TRIO,
        {"quart_trio": 500},
    ),
    Difference(("bonnette",), ON_ASYNCIO, _NO_TRIO, {"quart_trio": NONE}),
    Difference(
        ("hypercorn-trio",),
        ON_TRIO,
        "no running event loop|outside of event loop|trio.run received unrecognized yield message",
        {"quart": 500, "django": 500, "channels": 500, "sanic": NONE},
    ),
    Difference(
        ("uvicorn", "daphne", "gunicorn"),
        NO_EVENT,
        "KeyError: 'aws.context'",
        {"scope_viewer": 500},
    ),
    Difference(
        ("mangum",),
        CONTENT_TYPE,
        "",
        {
            "starlette": (_, 303, _, _, _, _, _),
            "fastapi": (_, _, 303, _, _, _, _, _, _),
            "asgineer": (_, _, _, _, _, _, 200),
            "bocadillo": (_, _, 302, _, _, _, _),
            "notes": (_, _, _, _, 307, _, _, _, _),
            "server_sent_events": (_, _, 204, _, _, _, _),
        },
    ),
    Difference(
        ("mangum",),
        LIFESPAN_EACH,
        "",
        {
            "litestar": (_, _, _, _, 200, _, _, _, _),
            "falcon": (_, _, 404, _, _, _, _, _),
        },
    ),
    Difference(
        ("mangum",),
        LIFESPAN_EACH,
        "can only be called once",
        {"mcp": (_, NONE, NONE, NONE, NONE, NONE)},
    ),
    Difference(
        ("mangum",),
        RAW_PATH,
        "'NoneType' has no len|Expected bytes or str",
        {"sanic": (500, *[NONE] * 7), "blacksheep": (500, *[NONE] * 8)},
    ),
    Difference(
        ("bonnette",),
        RAW_PATH,
        "'NoneType' has no len|Expected bytes or str",
        {"sanic": NONE, "blacksheep": NONE},
    ),
    Difference(
        ("bonnette",),
        LIFESPAN_SCOPE,
        _STARTUP_FAILED,
        {
            "starlette": NONE,
            "fastapi": NONE,
            "notes": NONE,
            "files": NONE,
            "background_tasks": NONE,
            "falcon": (200, 201, 404, _, _, _, _, _),
        },
    ),
    Difference(
        ("bonnette",),
        LIFESPAN_ONCE,
        "",
        {"mcp": (_, NONE, NONE, NONE, NONE, NONE), "responder": (_, _, _, _, _, 404)},
    ),
    Difference(
        ("bonnette",),
        AS_TYPED,
        "",
        {"hello": (_, 200, _, _), "channels": (200, _, _)},
    ),
    Difference(("bonnette",), SCOPE, "", {"litestar": (200, _, 303, _, _, _, _, _, _)}),
    Difference(
        ("bonnette",),
        SCOPE,
        "KeyError: 'root_path'",
        {"sentry_sdk": NONE, "server_sent_events": (_, _, _, _, _, NONE, NONE)},
    ),
    Difference(
        ("hypercorn", "hypercorn-trio", "daphne"), EXCEPTION, "", {"sentry_asgi": (_, 500, _)}
    ),
    Difference(("bonnette",), EXCEPTION, "ZeroDivisionError", {"sentry_asgi": (_, NONE, NONE)}),
)


def difference(example: str, peer: str) -> Difference | None:
    """Why an example does not answer under a peer as under `adapt`; None where it does."""
    found = [each for each in DIFFERENCES if peer in each.peers and example in each.statuses]
    assert len(found) <= 1, f"{example} under {peer} is here more than once"
    return found[0] if found else None
