"""What the README's table says of the systems, found by the tests that ran.

Each run of the tests leaves a file per Python in .cache; `python -m tests.examples.systems` puts
them together into the README, and with `--check` says whether it is so already.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from scripts.example import CHECKOUT, EXAMPLES

README: Final = CHECKOUT / "README.md"
BEGIN: Final = "<!-- The systems, by `python -m tests.examples.systems`. -->\n"
END: Final = "<!-- End of the systems. -->\n"

# What each example shows; the table has them in this order.
SYSTEMS: Final = {
    "hello": "a coroutine function",
    "asgi2_function": "a double callable, function",
    "asgi2_class": "a double callable, class",
    "scope_viewer": "a viewer of the scope",
    "starlette": "Starlette",
    "fastapi": "FastAPI",
    "quart": "Quart",
    "quart_trio": "Quart-Trio",
    "litestar": "Litestar",
    "falcon": "Falcon",
    "sanic": "Sanic",
    "blacksheep": "BlackSheep",
    "django": "Django",
    "channels": "Django with Channels",
    "mcp": "MCP server",
    "responder": "Responder",
    "asgineer": "asgineer",
    "bocadillo": "Bocadillo",
    "lemon": "Lemon",
    "nardis": "Nardis",
    "sentry_sdk": "Sentry's SDK",
    "sentry_asgi": "sentry-asgi",
    "notes": "notes on DynamoDB",
    "files": "files on S3",
    "chat": "a chat by WebSockets",
    "server_sent_events": "server-sent events",
    "large_csv": "a large CSV",
    "background_tasks": "background tasks",
}
_STYLES: Final = {"asgi3": "3", "asgi2": "2"}
_LIFESPANS: Final = {"started": "yes", "without lifespan": "none", "off": "none"}


def results(python: str) -> Path:
    """Where the tests on a Python, as 3.13, leave what they found."""
    return CHECKOUT / ".cache" / f"systems-{python}.json"


def requirement(name: str) -> str:
    """The distribution that an example is about: the first of its requirements; "" for none."""
    for line in (EXAMPLES / name / "requirements.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            return line.partition("==")[0].partition("[")[0].strip()
    return ""


def record(python: str, found: dict[str, dict[str, str]], failed: set[str]) -> None:
    """Add what a run of the tests found; what failed is no system that works."""
    path = results(python)
    systems = json.loads(path.read_text()) if path.is_file() else {}
    systems |= found
    for name in failed:
        systems.pop(name, None)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(systems, indent=1, sort_keys=True))


def table(by_python: dict[str, dict[str, dict[str, str]]]) -> str:
    """The Markdown of the table, from what was found on each Python."""
    lines = [
        "| system | example | version | ASGI | lifespan | backend | Python |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, title in SYSTEMS.items():
        rows = {python: found[name] for python, found in by_python.items() if name in found}
        if not rows:
            raise SystemExit(f"{name} was green on no Python; run its tests")
        lines.append(f"| {title} | [{name}](examples/{name}/app.py) | {_cells(rows)} |")
    return "\n".join(lines) + "\n"


def _cells(rows: dict[str, dict[str, str]]) -> str:
    newest = rows[max(rows, key=_order)]
    versions = newest["version"]
    for python, row in rows.items():
        if row["version"] != newest["version"]:
            versions += f" ({row['version']} on {python})"
    style, lifespan = _STYLES[newest["interface"]], _LIFESPANS[newest["lifespan"]]
    return " | ".join([versions, style, lifespan, newest["backend"], ", ".join(rows)])


def _order(python: str) -> list[int]:
    return [int(part) for part in python.split(".")]


def main(arguments: list[str]) -> int:
    """Write the table into the README, or with `--check` compare; 1 where they differ."""
    by_python: dict[str, dict[str, dict[str, str]]] = {}
    for path in CHECKOUT.glob(".cache/systems-*.json"):
        found: Any = json.loads(path.read_text())
        by_python[path.stem.removeprefix("systems-")] = found
    by_python = {python: by_python[python] for python in sorted(by_python, key=_order)}
    content = README.read_text()
    before, _, rest = content.partition(BEGIN)
    after = rest.partition(END)[2]
    wanted = before + BEGIN + "\n" + table(by_python) + "\n" + END + after
    if arguments == ["--check"]:
        print("The README's table of systems is", "as tested" if wanted == content else "not so")
        return int(wanted != content)
    README.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
