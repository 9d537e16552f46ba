"""Stacks of the template, made once for all tests."""

from __future__ import annotations

import pytest

from tests.deployment.stack import OTHER_PARAMETERS, Stack, create


@pytest.fixture(scope="session")
def stack() -> Stack:
    """A stack without any parameter."""
    return create(parameters={})


@pytest.fixture(scope="session")
def other_stack() -> Stack:
    """A stack with every parameter, those of the load balancer too."""
    return create(parameters=OTHER_PARAMETERS, vpc=True)
