"""The benchmarks run, every case of them, so that they cannot rot unseen."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from asgi_lambda.sources import detect
from benchmarks import events
from benchmarks.__main__ import SUITES, main
from benchmarks.backends import ASYNCIO
from benchmarks.cases import CASES, Case
from benchmarks.gateway import HANDLER, UVICORN, _seconds_until_it_listens, gateway_blocks
from benchmarks.measure import ASGI_LAMBDA, FLOOR, MANGUM, Figures, figures, take_turns
from benchmarks.report import Result, as_json, line, verdict
from benchmarks.warm import Setup, handlers

PEERS = {
    "trio": ASYNCIO,
    "gateway": HANDLER,
    "serve-start": UVICORN,
    "serve-start-fastapi": UVICORN,
}
ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "benchmarks", *arguments],
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
    done = run("adapters", "--quick", "--into", str(folder))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((folder / "results.json").read_text())
    return done.stdout, found


def result(*, ratio: float, target: float | None, most_added: float | None = None) -> Result:
    case = Case("http-api", "a request", target, CASES[0].blocks, most_added=most_added)
    medians = {FLOOR: 10.0, MANGUM: 100.0, ASGI_LAMBDA: 100.0 * ratio}
    return Result(
        case,
        Figures(medians, ratio, ratio, 100.0 * (ratio - 1)),
        rounds=3,
        calls=2,
        worker_threads=None,
    )


def test_yields_every_case(quick_run: tuple[str, dict[str, Any]]) -> None:
    _, found = quick_run
    assert [case["name"] for case in found["cases"]] == [case.name for case in CASES]
    assert found["quick"] is True


def test_yields_finite_positive_figures(quick_run: tuple[str, dict[str, Any]]) -> None:
    _, found = quick_run
    for case in found["cases"]:
        peer = PEERS.get(case["name"], MANGUM)
        assert case["peer"] == peer
        assert list(case["median_us"]) == [FLOOR, peer, ASGI_LAMBDA], case["name"]
        values = [case["ratio"], case["ratio_of_minima"], *case["median_us"].values()]
        assert all(math.isfinite(value) and value > 0 for value in values), case["name"]


def test_prints_a_line_for_every_case(quick_run: tuple[str, dict[str, Any]]) -> None:
    printed, _ = quick_run
    assert [row.split()[0] for row in printed.splitlines()[2:-1]] == [case.name for case in CASES]
    assert printed.splitlines()[-1].startswith("Targets missed: ")


def test_keeps_the_worker_thread_of_def_endpoints(quick_run: tuple[str, dict[str, Any]]) -> None:
    _, found = quick_run
    used = {
        case["name"]: case["worker_threads"] for case in found["cases"] if "-def" in case["name"]
    }
    assert {name: each[ASGI_LAMBDA] for name, each in used.items()} == {
        "fastapi-def": 1,
        "fastapi-def-lifespan": 1,
    }


def test_runs_only_what_is_asked_for_and_writes_nothing_unasked() -> None:
    results = ROOT / "benchmarks" / "results.json"
    before = results.read_bytes() if results.exists() else None
    done = run("--quick", "--only", "alb", "--only", "rest-*")
    assert [row.split()[0] for row in done.stdout.splitlines()[2:-1]] == [
        case.name for case in CASES if case.name == "alb" or case.name.startswith("rest-")
    ]
    assert (results.read_bytes() if results.exists() else None) == before


def test_refuses_a_name_that_is_no_case() -> None:
    done = run("--only", "http_api")
    assert done.returncode == 2
    assert "expected one of import, " in done.stderr
    assert "got 'http_api'" in done.stderr


def test_refuses_a_case_of_the_other_suite() -> None:
    done = run("adapters", "--only", "turn")
    assert done.returncode == 2
    assert "got 'turn'" in done.stderr


def test_runs_cases_of_both_suites_in_one_go(tmp_path: Path) -> None:
    done = run("--quick", "--only", "alb", "--only", "background", "--into", str(tmp_path))
    assert done.returncode == 0, done.stderr
    results, runtime = (
        json.loads((tmp_path / name).read_text()) for name in ("results.json", "runtime.json")
    )
    assert [case["name"] for case in results["cases"]] == ["alb"]
    assert [figure["name"] for figure in runtime["figures"]] == ["background"]


def test_suites_have_no_case_of_the_same_name() -> None:
    names = [name for suite in SUITES for name in suite.cases]
    assert len(names) == len(set(names))


def test_a_whole_run_is_kept_beside_the_benchmarks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def found(names: Sequence[str], quick: bool) -> dict[str, Any]:
        return {"names": list(names), "quick": quick}

    suites = [each._replace(file=tmp_path / each.file.name, run=found) for each in SUITES]
    monkeypatch.setattr("benchmarks.__main__.SUITES", suites)
    monkeypatch.setattr(sys, "argv", ["benchmarks"])
    main()
    for suite in suites:
        kept = json.loads(suite.file.read_text())
        assert kept == {"names": list(suite.cases), "quick": False}


def test_says_what_prevents_a_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    suites = [each._replace(prevents=lambda _: "expected Linux") for each in SUITES]
    monkeypatch.setattr("benchmarks.__main__.SUITES", suites)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "runtime"])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "expected Linux" in capsys.readouterr().err


def test_takes_turns_in_every_order() -> None:
    taken: list[str] = []

    def block(name: str) -> Callable[[], float]:
        def turn() -> float:
            taken.append(name)
            return float(len(taken))

        return turn

    seconds = take_turns({name: block(name) for name in "abc"}, 6)
    rounds = ["".join(taken[start : start + 3]) for start in range(0, 18, 3)]
    assert sorted(rounds) == ["abc", "acb", "bac", "bca", "cab", "cba"]
    for name, times in seconds.items():
        assert times == [turn for turn, taker in enumerate(taken, 1) if taker == name]


def test_compares_each_round_with_itself() -> None:
    # The third round, in which the machine was slow, does not count for more than another.
    found = figures(
        {
            FLOOR: [1e-6, 1e-6, 4e-6],
            MANGUM: [4e-6, 5e-6, 40e-6],
            ASGI_LAMBDA: [1e-6, 2e-6, 20e-6],
        }
    )
    assert found.ratio == pytest.approx(0.4)
    assert found.ratio_of_minima == pytest.approx(0.25)
    assert found.added == pytest.approx(-3.0)
    assert found.medians == pytest.approx({FLOOR: 1.0, MANGUM: 5.0, ASGI_LAMBDA: 2.0})


@pytest.mark.parametrize(
    ("ratio", "target", "expected"),
    [
        pytest.param(0.39, 0.40, "met", id="below"),
        pytest.param(0.40, 0.40, "met", id="equal"),
        pytest.param(0.41, 0.40, "MISSED", id="above"),
        pytest.param(0.41, None, "", id="no-target"),
    ],
)
def test_says_whether_the_target_is_met(ratio: float, target: float | None, expected: str) -> None:
    found = result(ratio=ratio, target=target)
    assert verdict(found) == expected
    assert expected in line(found)
    assert (
        as_json([found], quick=False)["cases"][0]["met"]
        == {
            "met": True,
            "MISSED": False,
            "": None,
        }[expected]
    )


@pytest.mark.parametrize(("most", "expected"), [(50.0, "met"), (49.0, "MISSED")])
def test_says_whether_more_is_added_than_may_be(most: float, expected: str) -> None:
    found = result(ratio=1.5, target=None, most_added=most)
    assert verdict(found) == expected
    assert f"added: 50 us, at most {most:.0f}" in line(found)
    [case] = as_json([found], quick=False)["cases"]
    assert (case["added_us"], case["most_added_us"]) == (50.0, most)
    assert case["met"] is (expected == "met")


def test_measures_only_servers_that_serve() -> None:
    with pytest.raises(RuntimeError, match="to serve, got its end"):
        _seconds_until_it_listens([sys.executable, "-c", "pass"])


def test_checks_the_answer_of_the_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.gateway.GREETING", b"another")
    with pytest.raises(RuntimeError, match="application's answer of floor"), gateway_blocks(1):
        pass


@pytest.mark.parametrize(
    "door",
    [
        pytest.param(events.http_api, id="http-api"),
        pytest.param(events.function_url, id="function-url"),
        pytest.param(events.rest_api, id="rest-api"),
        pytest.param(events.http_api_v1, id="http-api-v1"),
        pytest.param(events.alb, id="alb"),
        pytest.param(events.alb_multi_value, id="alb-multi-value"),
    ],
)
def test_sends_the_same_request_through_every_front_door(
    door: Callable[[events.Request], events.Event],
) -> None:
    source = detect(door(events.browser_request()))
    assert source is not None
    scope, body, _ = source.parse(door(events.browser_request()))
    assert scope["method"] == "GET"
    assert scope["path"].endswith("/catalogue")
    assert scope["query_string"] == b"category=garden&sort=price&page=2"
    assert len(scope["headers"]) == 25
    assert not body


def test_checks_the_answer_before_it_measures() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})

    setup = Setup(broken, events.http_api(events.client_request()), b"hello")
    with pytest.raises(RuntimeError, match="expected the application's answer"), handlers(setup):
        pass
