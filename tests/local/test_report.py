from __future__ import annotations

import re

from asgi_lambda.local.answer import Answer
from asgi_lambda.local.exchange import Exchange
from asgi_lambda.local.report import Report, peak_memory
from asgi_lambda.local.request import Request


def test_lines_of_a_cold_start() -> None:
    lines: list[str] = []
    report = Report(lines.append, 1.25)
    exchange = Exchange("alb", Request("GET", "/a?b"))
    exchange.request.path = "/behind/a/stage"
    assert exchange.duration == 0
    report.started(0.25)
    report.arrived(exchange)
    exchange.invoked = exchange.arrived
    assert exchange.duration > 0
    report.invoked(exchange)
    exchange.returned = exchange.arrived + 0.0123
    report.returned(exchange)
    exchange.answer = Answer(200, [], b"four")
    report.answered(exchange)
    report.returned(exchange)
    start, begin, end, first, line, _, second = [
        re.sub(r"Used: \d+", "Used: N", line.replace(exchange.id, "ID")) for line in lines
    ]
    assert start == "INIT_REPORT Init Duration: 1500.00 ms\tPhase: init"
    assert begin == "START RequestId: ID Version: $LATEST"
    assert end == "END RequestId: ID"
    assert second == (
        "REPORT RequestId: ID\tDuration: 12.30 ms\tBilled Duration: 13 ms\t"
        "Memory Size: 128 MB\tMax Memory Used: N MB"
    )
    assert first == f"{second}\tInit Duration: 1500.00 ms"
    assert line == "alb GET /a?b -> 200, 4 bytes"


def test_lines_of_environments() -> None:
    lines: list[str] = []
    report = Report(lines.append, None)
    exchange = Exchange("alb", Request("GET", "/"))
    exchange.invoked = exchange.returned = exchange.arrived
    exchange.environment, exchange.init, exchange.memory = 3, 0.25, 64
    report.started(0.25)
    report.returned(exchange)
    exchange.init = None
    report.returned(exchange)
    _, first, _, second = [line.replace(exchange.id, "ID") for line in lines]
    start = "REPORT RequestId: ID\tDuration: 0.00 ms\tBilled Duration: 0 ms\t"
    start += "Memory Size: 128 MB\tMax Memory Used: 64 MB\t"
    assert first == f"{start}Init Duration: 250.00 ms\tEnvironment: 3"
    assert second == f"{start}Environment: 3"


def test_memory() -> None:
    assert 10 < peak_memory() < 1_000_000
