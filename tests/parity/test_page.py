"""docs/elsewhere.md says what was tested."""

from __future__ import annotations

import pytest

from tests.parity import page
from tests.parity.differences import DIFFERENCES
from tests.parity.peers import PACKAGES, SERVERS, Server, application


def test_table_is_that_of_the_differences() -> None:
    assert page.PAGE.read_text() == page.written(), "run python -m tests.parity.page"


@pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)
def test_command_is_the_one_that_is_tested(server: Server) -> None:
    command = server.command.format(application=application("starlette"), port=8000)

    assert f"$ {command}\n" in page.PAGE.read_text()


def test_packages_are_those_that_are_tested() -> None:
    text = page.PAGE.read_text()

    assert [each for each in PACKAGES if f"`{each.partition(';')[0]}`" not in text] == []


def test_every_known_difference_has_an_example_and_a_peer() -> None:
    assert all(each.peers and each.statuses for each in DIFFERENCES)
