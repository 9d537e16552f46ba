"""A CSV file of any length, written while it is sent, in FastAPI.

What to know: Lambda takes 6 MB of a response that is handed over whole. One that is streamed has no
such limit, behind a front door that streams and on asgi-lambda's own runtime with
`ASGI_LAMBDA_INVOKE_MODE=RESPONSE_STREAM`. Then the application is held back while the client reads
slowly, so that only a few parts are in memory. Send many rows at a time: each part has its own way
through the event loop. A failure in the middle cannot change the status any more: it ends the file.
"""

import csv
import io
import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import StreamingResponse

from asgi_lambda import adapt

# Rows in one part, which is about 40 kB.
AT_A_TIME = 1000
START = datetime(2026, 1, 1, tzinfo=UTC)

app = FastAPI(title="Readings")


@app.get("/readings.csv")
async def readings(rows: Annotated[int, Query(ge=0, le=10_000_000)] = 1000) -> StreamingResponse:
    return StreamingResponse(
        parts(rows),
        media_type="text/csv",
        headers={"content-disposition": 'attachment; filename="readings.csv"'},
    )


# A plain generator: it runs in a thread, so that writing rows does not hold up the event loop.
def parts(rows: int) -> Iterator[str]:
    yield "number,time,celsius\r\n"
    for first in range(0, rows, AT_A_TIME):
        file = io.StringIO()
        csv.writer(file).writerows(
            reading(number) for number in range(first, min(first + AT_A_TIME, rows))
        )
        yield file.getvalue()


def reading(number: int) -> tuple[int, str, str]:
    """One for each minute; it is warmest at the end of a quarter of the day."""
    time = START + timedelta(minutes=number)
    celsius = 15 + 10 * math.sin(2 * math.pi * number / (24 * 60))
    return number, time.isoformat(), f"{celsius:.2f}"


handler = adapt(app)
