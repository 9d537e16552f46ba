"""A countdown by server-sent events, with a page that shows each of them as it arrives.

What to know: events arrive one by one only behind a front door that streams, and when asgi-lambda's
own runtime serves with `ASGI_LAMBDA_INVOKE_MODE=RESPONSE_STREAM`. Elsewhere they arrive together,
when the response has ended. Lambda never tells that a client left, and its time is paid for until
the response ends. So each response here ends after a few events: browsers connect again by
themselves, and say by `Last-Event-ID` where to go on.
"""

import html
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from asgi_lambda import adapt

# Events in one response, seconds between two, and milliseconds until a browser connects again.
AT_A_TIME = 5
PAUSE = 0.5
RETRY = 500
PAGE = (Path(__file__).parent / "page.html").read_text()


async def page(request: Request) -> Response:
    root = html.escape(request.scope["root_path"])
    response = HTMLResponse(PAGE.replace("{{root}}", root))
    response.headers["content-security-policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'"
    )
    return response


async def countdown(request: Request) -> Response:
    last = request.headers.get("last-event-id")
    try:
        number = int(request.query_params.get("from", "10")) if last is None else int(last) - 1
    except ValueError:
        raise HTTPException(400, "Expected whole numbers") from None
    if number > 1000:
        raise HTTPException(400, "Expected 1000 at most")
    if number < 0:
        # By this status a browser knows that it need not connect again.
        return Response(status_code=204)
    return StreamingResponse(
        events(number), media_type="text/event-stream", headers={"cache-control": "no-store"}
    )


async def events(number: int) -> AsyncIterator[str]:
    yield f"retry: {RETRY}\n\n"
    for each in range(number, max(number - AT_A_TIME, -1), -1):
        if each < number:
            await anyio.sleep(PAUSE)
        yield f"id: {each}\ndata: {each}\n\n"


app = Starlette(routes=[Route("/", page), Route("/countdown", countdown)])

handler = adapt(app)
