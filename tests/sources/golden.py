"""The golden events: where they are, and how `tests/events/README.md` writes a scope in JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda import body as bodies

if TYPE_CHECKING:
    from asgi_lambda.sources.source import Source

EVENTS: Final = Path(__file__).parent.parent / "events"
_EXPECTED: Final = ".scope.json"


def events(*folders: str) -> list[Path]:
    """The files of events in these folders."""
    return sorted(
        path
        for folder in folders
        for path in (EVENTS / folder).glob("*.json")
        if not path.name.endswith(_EXPECTED)
    )


def name_of(path: Path) -> str:
    """As `rest-v1/made-sam-local`, for test ids."""
    return f"{path.parent.name}/{path.stem}"


def load(path: Path) -> Any:
    """The event of a file."""
    return json.loads(path.read_text(encoding="utf-8"))


def expected(path: Path) -> tuple[dict[str, Any], bytes | None]:
    """The scope and the body that the event of a file becomes; None for what is no base64."""
    written = json.loads(path.with_name(path.stem + _EXPECTED).read_text(encoding="utf-8"))
    scope, content = written["scope"], written["body"]
    for key in ("raw_path", "query_string"):
        scope[key] = scope[key].encode("latin-1")
    scope["headers"] = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in scope["headers"]
    ]
    scope["client"] = scope["client"] and tuple(scope["client"])
    scope["server"] = tuple(scope["server"])
    return scope, None if content is None else content.encode("latin-1")


def parsed(source: Source, event: dict[str, Any]) -> tuple[dict[str, Any], bytes | None]:
    """The same, as the source has it."""
    scope, text, is_base64 = source.parse(event)
    try:
        return dict(scope), bodies.decode(text, is_base64)
    except ValueError:
        return dict(scope), None
