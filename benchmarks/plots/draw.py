"""Panels of rows as an SVG with matplotlib, the same bytes for the same rows.

The colours are variables of CSS, so that the picture is readable on light and on dark screens.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from benchmarks.plots.rows import Panel, Row

# What matplotlib writes for a colour, and what it is on light and on dark screens.
_PAPER, _INK, _FAINT, _OURS, _MISSED = (f"#0000{number:02x}" for number in range(1, 6))
_COLOURS: Final = {
    _PAPER: ("#ffffff", "#0d1117"),
    _INK: ("#1f2328", "#e6edf3"),
    _FAINT: ("#d0d7de", "#3d444d"),
    _OURS: ("#0969da", "#58a6ff"),
    _MISSED: ("#bc4c00", "#ffa657"),
}
_NAMES: Final = dict(zip(_COLOURS, ("paper", "ink", "faint", "ours", "missed"), strict=True))
# Any, since the type of the names is too long for a check of them to be of use.
_SETTINGS: Final[Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "asgi-lambda",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": _FAINT,
    "axes.facecolor": _PAPER,
    "figure.facecolor": _PAPER,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
}
# Inches.
_WIDTH, _LEFT, _RIGHT, _ROW, _HEADING, _FOOT = 10.0, 2.1, 3.7, 0.22, 0.62, 0.95
# Where the columns beside a panel begin, in its widths: ratio, target, values.
_COLUMNS: Final = (1.02, 1.14, 1.39)
# From there on a scale has room for the powers of ten alone.
_WIDE: Final = 500


def svg(panels: list[Panel], caption: str, stamp: str) -> str:
    """The picture. stamp: says of which results it is; it is in the file."""
    heights = [len(panel.rows) * _ROW for panel in panels]
    height = sum(heights) + len(panels) * _HEADING + _FOOT
    with mpl.rc_context():
        # Whatever the user has set for plots of their own.
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        figure = Figure(figsize=(_WIDTH, height))
        FigureCanvasSVG(figure)
        top = height
        for panel, each in zip(panels, heights, strict=True):
            top -= _HEADING
            box = (_LEFT, top - each, _WIDTH - _LEFT - _RIGHT, each)
            sizes = (_WIDTH, height, _WIDTH, height)
            left, bottom, width, tall = (a / b for a, b in zip(box, sizes, strict=True))
            _draw(figure.add_axes((left, bottom, width, tall)), panel)
            top -= each
        figure.text(0.1 / _WIDTH, 0.1 / height, caption, fontsize=7.5, linespacing=1.5)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Description": stamp})
    return _coloured(file.getvalue())


def _draw(axes: Axes, panel: Panel) -> None:
    axes.set_title(panel.heading, loc="left", fontsize=10, fontweight="bold")
    axes.set_xscale("log")
    low, high = _limits(panel)
    axes.set_xlim(low, high)
    axes.set_ylim(len(panel.rows) - 0.4, -0.6)
    axes.set_yticks(range(len(panel.rows)), [row.label for row in panel.rows])
    axes.tick_params(length=0, axis="y")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < low * _WIDE else (1,)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.grid(axis="x", color=_FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    for column, said in zip(_COLUMNS, ("ratio", "target", "the peer and ours"), strict=True):
        axes.text(column, 1.0, said, transform=axes.transAxes, fontsize=7.5, va="bottom")
    axes.spines[["top", "right", "left"]].set_visible(False)
    # The peer.
    axes.axvline(1.0, color=_INK, linewidth=1.2)
    for at, row in enumerate(panel.rows):
        _draw_row(axes, at, row)


def _limits(panel: Panel) -> tuple[float, float]:
    """Room for everything that has a place on a scale without 0, the peer and the targets too."""
    shown = [1.0, *(row.target for row in panel.rows if row.target is not None)]
    for row in panel.rows:
        for point in row.points:
            shown += [point.ratio, *(point.spread or ())]
    return min(each for each in shown if each > 0) / 1.25, max(shown) * 1.25


def _draw_row(axes: Axes, at: int, row: Row) -> None:
    colour = _MISSED if row.met is False else _OURS
    main, *others = row.points
    # Where ours is nothing at all it is at the border.
    least, _ = axes.get_xlim()
    for point in others:
        axes.plot(max(point.ratio, least), at, "o", color=colour, markersize=2.5, alpha=0.75)
    if main.spread is not None:
        ends = [max(each, least) for each in main.spread]
        axes.plot(ends, (at, at), color=colour, linewidth=1.5, alpha=0.6)
    mark = "X" if row.met is False else "o"
    axes.plot(max(main.ratio, least), at, mark, color=colour, markersize=6)
    if row.target is not None:
        axes.plot(row.target, at, "|", color=_INK, markersize=10, markeredgewidth=1.5)
    aim = f"{row.aim} missed" if row.met is False else row.aim
    for column, said in zip(_COLUMNS, (f"{main.ratio:.3g}", aim, row.values), strict=True):
        ink = _INK if said == row.values else colour
        axes.text(
            *(column, at, said),
            transform=axes.get_yaxis_transform(),
            color=ink,
            fontsize=7.5,
            va="center",
        )


def _coloured(text: str) -> str:
    """With variables in place of the colours, and what they are."""
    for written, name in _NAMES.items():
        text = text.replace(written, f"var(--{name})")
    light, dark = (
        "".join(f"--{_NAMES[key]}: {pair[at]}; " for key, pair in _COLOURS.items()) for at in (0, 1)
    )
    style = f":root {{ {light}}} @media (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}"
    head, defs, rest = text.partition(" <defs>\n")
    return f"{head}{defs}  <style>{style}</style>\n{rest}"
