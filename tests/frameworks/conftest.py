"""Lets the assertions in `contract` explain themselves as those in test modules do."""

import pytest

pytest.register_assert_rewrite("tests.frameworks.contract")
