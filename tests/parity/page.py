"""The table of docs/elsewhere.md: `python -m tests.parity.page` writes it anew."""

from __future__ import annotations

from typing import Final

from scripts.example import CHECKOUT
from tests.examples.systems import SYSTEMS
from tests.parity.differences import DIFFERENCES, difference
from tests.parity.peers import PEERS

PAGE: Final = CHECKOUT / "docs" / "elsewhere.md"
BEGIN: Final = "<!-- What runs where, by `python -m tests.parity.page`. -->\n"
END: Final = "<!-- End of what runs where. -->\n"
# In the order of the table above; a reason has one number, whoever has it.
REASONS: Final = list(dict.fromkeys(each.why for each in DIFFERENCES))


def cell(example: str, peer: str) -> str:
    """Whether an example runs under a peer; where not in every way, with the number of the why."""
    known = difference(example, peer)
    if known is None:
        return "yes"
    number = REASONS.index(known.why) + 1
    return f"in part ({number})" if None in known.of(example) else f"no ({number})"


def table() -> str:
    """The Markdown of the table, and of the reasons below it."""
    lines = ["| | " + " | ".join(peer.title for peer in PEERS) + " |", "|---" * 8 + "|"]
    for example, title in SYSTEMS.items():
        cells = [cell(example, peer.name) for peer in PEERS]
        lines.append(f"| [{title}](../examples/{example}/app.py) | " + " | ".join(cells) + " |")
    lines.append("")
    lines += [f"{number}. It {why}." for number, why in enumerate(REASONS, 1)]
    return "\n".join(lines) + "\n"


def written() -> str:
    """The page as it should be."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    return before + BEGIN + "\n" + table() + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(written())
