"""Names of hosts, by which a router knows what is meant."""

from __future__ import annotations

import re


def label(name: str) -> str:
    """A logical id as the first part of a host's name, which has no more than 63 characters."""
    return name.lower()[:63]


def host_of(name: str, authority: str) -> str:
    """Where a door or a function of this logical id is, by host and port of the index.

    Every name below `localhost` is this machine.
    Source: RFC 6761 section 6.3.
    """
    port = re.search(r":\d+$", authority)
    return f"{label(name)}.localhost{port[0] if port else ''}"
