"""The plots of the documentation are of the results that are kept, and show all of them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree

import pytest

from benchmarks.measure import ASGI_LAMBDA, MANGUM
from benchmarks.plots import draw, rows
from benchmarks.plots.__main__ import PLOTS, main, picture, stamp
from benchmarks.runtime.samples import AT_LEAST, AT_MOST
from tests.pages import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.plots.rows import Row

AGAIN: Final = "run `python -m benchmarks.plots`"

every_plot = pytest.mark.parametrize("results", PLOTS, ids=lambda path: path.name)


def figure(name: str, ratio: float | None, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "unit": "us",
        "median": {MANGUM: 200.0, ASGI_LAMBDA: 50.0},
        "p95": {MANGUM: 300.0, ASGI_LAMBDA: 60.0},
        "ratio": ratio,
        "ratio_quartiles": None if ratio is None else [ratio * 0.9, ratio * 1.1],
        "target": None,
        "met": None,
        **more,
    }


def target(limit: float, *, kind: str = AT_MOST, absolute: bool = False) -> dict[str, Any]:
    return {"limit": limit, "kind": kind, "absolute": absolute}


def shown(*figures: dict[str, Any]) -> dict[str, Row]:
    panels = rows.of_runtime({"figures": list(figures)})
    return {row.label: row for panel in panels for row in panel.rows}


@every_plot
def test_plot_is_of_the_results_that_are_kept(results: Path) -> None:
    _, file = PLOTS[results]

    assert stamp(results) in file.read_text(), AGAIN


@every_plot
def test_plot_is_what_would_be_drawn_now(results: Path) -> None:
    _, file = PLOTS[results]

    assert picture(results) == file.read_text(), AGAIN


@every_plot
def test_every_target_is_shown_and_every_miss_said(results: Path) -> None:
    found = json.loads(results.read_text())
    measured = found.get("cases") or found["figures"]
    # Where the peer has no figure there is nothing to compare.
    aimed = [each for each in measured if each["target"] is not None and each["ratio"] is not None]
    drawn = [row for panel in PLOTS[results][0](found) for row in panel.rows]

    assert len([row for row in drawn if row.target is not None]) == len(aimed)
    missed = len([each for each in aimed if each["met"] is False])
    assert len([row for row in drawn if row.met is False]) == missed
    assert picture(results).count(" missed</text>") == missed


@every_plot
def test_page_shows_the_plot_with_a_word_for_who_cannot_see_it(results: Path) -> None:
    _, file = PLOTS[results]
    pages = [
        CHECKOUT / "README.md",
        CHECKOUT / "docs/runtime.md",
        CHECKOUT / "benchmarks/README.md",
    ]
    images = [
        (page.parent / path).resolve()
        for page in pages
        for text, path in re.findall(r"!\[([^\]]*)\]\((\S+\.svg)\)", page.read_text())
        if text
    ]

    assert images.count(file) == 2


@every_plot
def test_plot_is_xml_with_colours_for_light_and_dark_screens(results: Path) -> None:
    text = picture(results)
    root = ElementTree.fromstring(text)

    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    [style] = [each.text or "" for each in root.iter() if "--paper: #ffffff" in (each.text or "")]
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    names = set(re.findall(r"var\(--(\w+)\)", text))
    assert names == {"paper", "ink", "faint", "ours", "missed"}
    for scheme in (light, dark):
        assert set(re.findall(r"--(\w+): #\w{6};", scheme)) == names
    # No colour of matplotlib's own, which would be for light screens.
    assert set(re.findall(r"#[0-9a-f]{6}\b", text)) <= set(re.findall(r"#\w{6}", style))


def test_command_writes_every_plot(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plots = {key: (panels, tmp_path / file.name) for key, (panels, file) in PLOTS.items()}
    monkeypatch.setattr("benchmarks.plots.__main__.PLOTS", plots)

    main()

    said = capsys.readouterr().out
    for results, (_, file) in plots.items():
        assert stamp(results) in file.read_text()
        assert str(file) in said


def test_without_matplotlib_the_command_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.plots.__main__.find_spec", lambda _: None)

    with pytest.raises(SystemExit, match=r"not installed: matplotlib; pip install"):
        main()


def test_target_in_a_unit_is_where_ours_would_be_with_that_value() -> None:
    aim = target(20.0, absolute=True)

    row = shown(figure("first-byte", 0.25, target=aim, met=False))["first-byte"]

    assert (row.target, row.aim, row.met) == (0.1, "\N{LESS-THAN OR EQUAL TO} 20 us", False)
    arrow = "\N{RIGHTWARDS ARROW}"
    assert row.values == f"200 {arrow} 50 us; p95 300 {arrow} 60 us"


def test_target_of_a_rate_is_the_least() -> None:
    aim = target(1.1, kind=AT_LEAST)

    row = shown(figure("emulator", 1.4, unit="/s", target=aim, met=True))["emulator"]

    assert (row.target, row.aim) == (1.1, "\N{GREATER-THAN OR EQUAL TO} 1.1")


def test_instances_are_one_row_of_which_32_counts() -> None:
    aim = target(0.5)
    found = shown(
        figure("instances-hello-8-cpu", 0.6),
        figure("instances-hello-32-cpu", 0.4, target=aim, met=True),
        figure("instances-hello-64-cpu", 0.3),
        figure("instances-hello-32-processes", 0.03),
        figure("instances-hello-32-refused", None),
    )

    assert list(found) == ["hello: cpu"]
    row = found["hello: cpu"]
    assert [(point.at_once, point.ratio) for point in row.points] == [
        (32, 0.4),
        (8, 0.6),
        (64, 0.3),
    ]
    assert (row.target, row.met) == (0.5, True)


def test_nothing_at_all_is_at_the_border(recwarn: pytest.WarningsRecorder) -> None:
    some, none = figure("some", 0.5), figure("none", 0.0, ratio_quartiles=[0.0, 0.25])
    [panel, *_] = rows.of_runtime({"figures": [some, none]})

    assert draw._limits(panel) == (0.25 / 1.25, 1.25)
    assert ElementTree.fromstring(draw.svg([panel], "", "")).tag.endswith("svg")
    assert not recwarn.list


def test_a_spread_that_is_not_known_is_no_bar() -> None:
    [panel] = rows.of_adapters(
        {
            "cases": [
                {
                    "name": "trio",
                    "peer": "asgi_lambda on asyncio",
                    "median_us": {"asgi_lambda on asyncio": 10.0, ASGI_LAMBDA: 40.0},
                    "ratio": 4.0,
                    "ratio_of_minima": 3.0,
                    "target": None,
                    "met": None,
                }
            ]
        }
    )
    [row] = panel.rows
    assert (row.label, row.points[0].spread) == ("trio (the peer is asyncio)", (3.0, 4.0))
    bare = panel._replace(rows=(row._replace(points=(rows.Point(4.0, None),)),))

    assert draw.svg([bare], "", "").count("<path") < draw.svg([panel], "", "").count("<path")
