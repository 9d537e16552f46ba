"""What a stack has, for a person: as lines, and as a page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

from asgi_lambda.local.inspector import PATH
from asgi_lambda.local.template.door import RoutedDoor
from asgi_lambda.local.template.names import host_of
from asgi_lambda.local.template.routes import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asgi_lambda.local.template.stack import Stack

_STYLE: Final = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0;
         border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
td { overflow-wrap: anywhere; }
"""


class Address(NamedTuple):
    """A door to a function; routes: as `GET /items`, those that lead to it."""

    url: str
    source: str
    routes: list[str]


def addresses(stack: Stack, function: str, authority: str) -> list[Address]:
    """The doors to a function; authority: host and port of the index."""
    found = []
    for setup in stack.doors_of(function):
        mine = [route for route in setup.routes if route.function == function]
        for source in dict.fromkeys(route.source for route in mine):
            door = RoutedDoor(setup, next(each for each in mine if each.source == source), {})
            routes = [
                "every path" if route.path == DEFAULT else f"{route.method} {route.path}"
                for route in mine
                if route.source == source
            ]
            url = f"http://{host_of(setup.name, authority)}{door.prefix}/"
            found.append(Address(url, source, routes))
    return found


def lines(stack: Stack, authority: str) -> list[str]:
    """What there is, and what is left out."""
    found = []
    for function in stack.functions:
        for url, source, routes in addresses(stack, function, authority):
            found.append(f"{function}: {source} at {url} ({', '.join(routes)})")
    return found + [f"Note: {note}" for note in stack.notes]


def index(stack: Stack, authority: str) -> str:
    """The page; authority: the host and port by which it was asked for."""
    rows = "".join(_row(stack, name, authority) for name in stack.functions)
    notes = _list(escape(note) for note in stack.notes)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Functions</title><style>{_STYLE}</style>"
        "<h1>Functions</h1><table><tr><th>Function<th>Front doors<th>Invocations"
        f"{rows}</table>{f'<h2>Notes</h2>{notes}' if stack.notes else ''}\n"
    )


def _row(stack: Stack, name: str, authority: str) -> str:
    doors = _list(
        f'<a href="{escape(url)}">{escape(url)}</a> {source}: {escape(", ".join(routes))}'
        for url, source, routes in addresses(stack, name, authority)
    )
    inspector = f"http://{host_of(name, authority)}{PATH}"
    shown = f'<a href="{escape(inspector)}">inspector</a>' if stack.doors_of(name) else ""
    return f"<tr><th>{escape(name)}<td>{doors or 'none'}<td>{shown}"


def _list(items: Iterable[str]) -> str:
    return "<br>".join(items)
