"""The CSV file, as it stands, behind each front door, and streamed by the runtime."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import httpx
import pytest

from tests.examples.on_runtime import STREAMED, Stream, event, served

EXAMPLE = "large_csv"

# What Lambda takes of a response that is handed over whole.
WHOLE = 6_291_556


def rows_of(text: str) -> list[list[str]]:
    """The rows of a file, whose header is right and whose numbers are in order."""
    header, *rows = csv.reader(text.splitlines())
    assert header == ["number", "time", "celsius"]
    assert [int(row[0]) for row in rows] == list(range(len(rows)))
    return rows


def test_file_is_an_answer_everywhere(client: httpx.Client) -> None:
    answers = [client.get("/readings.csv?rows=2500") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].headers["content-type"] == "text/csv; charset=utf-8"
    assert answers[0].headers["content-disposition"] == 'attachment; filename="readings.csv"'
    rows = rows_of(answers[2].text)
    assert len(rows) == 2500
    assert rows[0] == ["0", "2026-01-01T00:00:00+00:00", "15.00"]
    assert rows[360] == ["360", "2026-01-01T06:00:00+00:00", "25.00"]


def test_file_may_be_empty(client: httpx.Client) -> None:
    assert rows_of(client.get("/readings.csv?rows=0").text) == []


@pytest.mark.parametrize("rows", ["x", "-1", "10000001"])
def test_other_lengths_are_refused(client: httpx.Client, rows: str) -> None:
    assert client.get("/readings.csv", params={"rows": rows}).status_code == 422


def test_file_larger_than_a_response_is_streamed() -> None:
    with served(EXAMPLE, **STREAMED) as (api, _):
        received = api.invoke(event("/readings.csv?rows=200000", source="rest-api"))
        stream = Stream(received)

    assert len(stream.body) > WHOLE
    assert len(rows_of(stream.body.decode())) == 200_000
    # A header, and a part for each thousand of rows.
    assert len(stream.parts) >= 200
    whole = received.whole_at
    assert whole is not None
    assert stream.parts[0].at - received.at < (whole - received.at) / 4


def test_long_file_needs_no_more_memory_than_a_short_one() -> None:
    with served(EXAMPLE, **STREAMED) as (api, program):
        api.invoke(event("/readings.csv?rows=10000"), "short")
        before = peak(program.process.pid)
        stream = Stream(api.invoke(event("/readings.csv?rows=1000000"), "long"))
        grown = peak(program.process.pid) - before

    assert len(stream.body) > 5 * WHOLE
    assert grown < 4_000_000


def peak(process: int) -> int:
    """The most bytes that a process has had in memory."""
    [found] = re.findall(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{process}/status").read_text(), re.M)
    return int(found) * 1024
