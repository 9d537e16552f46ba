"""The benchmarks of the runtime run, every case of them, so that they cannot rot unseen."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.measure import ASGI_LAMBDA, FLOOR, MANGUM
from benchmarks.runtime.api import RuntimeAPI
from benchmarks.runtime.cases import CASES
from benchmarks.runtime.requests import Request, RequestParser
from benchmarks.runtime.samples import AT_LEAST, Aim, Figure
from benchmarks.runtime.single import check

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 240

_REQUESTS = (
    b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n"
    b"POST /1/response HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
    b"POST /2/response HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\nabc\r\n2;x=y\r\n\r\n\r\n0\r\nA: b\r\nC: d\r\n\r\n"
    b"POST /3/response HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nz\r\n0\r\n\r\n"
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "benchmarks", "runtime", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What a quick run of all cases prints and writes."""
    folder = tmp_path_factory.mktemp("benchmarks")
    done = run("--quick", "--into", str(folder))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((folder / "runtime.json").read_text())
    return done.stdout, found


def figure(ours: list[float], theirs: list[float], aim: Aim | None = None) -> Figure:
    return Figure("turn", "an event", "us", {MANGUM: theirs, ASGI_LAMBDA: ours}, aim)


def test_yields_figures_of_every_case(quick_run: tuple[str, dict[str, Any]]) -> None:
    _, found = quick_run
    names = [each["name"] for each in found["figures"]]
    for case in CASES:
        assert [name for name in names if name == case.name or name.startswith(f"{case.name}-")]
    assert len(names) == len(set(names))
    assert found["quick"] is True
    assert found["noise"]["work_ms"]["median"] > 0


def test_yields_finite_figures_of_both(quick_run: tuple[str, dict[str, Any]]) -> None:
    _, found = quick_run
    for each in found["figures"]:
        medians = each["median"]
        assert set(medians) - {FLOOR} == {MANGUM, ASGI_LAMBDA} - (
            {MANGUM} if each["name"] == "growth" else set()
        )
        may_be_none = each["name"].endswith("-refused") or each["name"] == "growth"
        for value in medians.values():
            assert math.isfinite(value)
            assert value > 0 or may_be_none, each


def test_runs_one_process_where_the_peer_has_one_for_each(
    quick_run: tuple[str, dict[str, Any]],
) -> None:
    _, found = quick_run
    counts = [each["median"] for each in found["figures"] if each["name"].endswith("-processes")]
    # A trial has two at once; the peer's parent serves none.
    assert counts == [{MANGUM: 3, ASGI_LAMBDA: 1}] * 6


def test_prints_a_line_for_every_figure(quick_run: tuple[str, dict[str, Any]]) -> None:
    printed, found = quick_run
    names = [row.split()[0] for row in printed.splitlines()[1:-2]]
    assert names == [each["name"] for each in found["figures"]]
    assert printed.splitlines()[-1].startswith("Targets missed: ")


def test_runs_only_what_is_asked_for_and_writes_nothing_unasked() -> None:
    results = ROOT / "benchmarks" / "runtime.json"
    before = results.read_bytes() if results.exists() else None
    done = run("--quick", "--only", "background")
    assert [row.split()[0] for row in done.stdout.splitlines()[1:-2]] == ["background"]
    assert (results.read_bytes() if results.exists() else None) == before


def test_refuses_a_name_that_is_no_case() -> None:
    done = run("--only", "turns")
    assert done.returncode == 2
    assert "expected one of turn, " in done.stderr


@given(st.lists(st.integers(0, len(_REQUESTS))))
def test_reads_requests_that_are_split_anywhere(cuts: list[int]) -> None:
    parser = RequestParser()
    found: list[Request] = []
    ends = sorted({*cuts, len(_REQUESTS)})
    for start, end in zip([0, *ends], ends, strict=False):
        found += parser.feed(_REQUESTS[start:end])
    assert [(each.path, each.body, each.size) for each in found] == [
        ("/next", b"", 0),
        ("/1/response", b"hello", 5),
        ("/2/response", b"abc\r\n", 5),
        ("/3/response", b"z", 1),
    ]
    assert all(each.whole_at for each in found)


def test_tells_when_a_client_asks_whether_to_send_its_body() -> None:
    parser = RequestParser()
    head = b"POST /1/response HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    assert [each.whole_at for each in parser.feed(head)] == [0]
    assert [each.body for each in parser.feed(b"{}")] == [b"{}"]


def test_does_not_wait_for_a_client_that_has_ended() -> None:
    def ended() -> None:
        raise RuntimeError("it is no more")

    with RuntimeAPI() as api:
        api.alive = ended
        with pytest.raises(RuntimeError, match="it is no more"):
            api.wait_for_poller()


def test_refuses_an_answer_that_is_not_the_applications() -> None:
    answer = Request("/1/response")
    answer.pieces.append((1, b'{"statusCode":500,"body":"","isBase64Encoded":false}'))
    with pytest.raises(RuntimeError, match="expected the application's answer"):
        check(answer, b"hello")


def test_compares_each_round_with_itself() -> None:
    found = figure([1.0, 2.0, 20.0], [4.0, 5.0, 40.0])
    assert found.ratio == pytest.approx(0.4)
    assert found.spread == pytest.approx((0.325, 0.45))


def test_has_no_ratio_to_a_peer_that_has_none() -> None:
    assert figure([0.0], [0.0], Aim(0.5)).ratio is None
    assert figure([0.0], [0.0], Aim(0.5)).met is None


@pytest.mark.parametrize(
    ("ours", "aim", "met"),
    [
        pytest.param(5.0, Aim(0.5), True, id="ratio-at-most"),
        pytest.param(6.0, Aim(0.5), False, id="ratio-above"),
        pytest.param(11.0, Aim(1.1, AT_LEAST), True, id="ratio-at-least"),
        pytest.param(10.0, Aim(1.1, AT_LEAST), False, id="ratio-below"),
        pytest.param(0.9, Aim(1.0, absolute=True), True, id="value-at-most"),
        pytest.param(1.1, Aim(1.0, absolute=True), False, id="value-above"),
        pytest.param(1.1, None, None, id="no-aim"),
    ],
)
def test_says_whether_the_aim_is_reached(ours: float, aim: Aim | None, met: bool | None) -> None:
    assert figure([ours], [10.0], aim).met is met
