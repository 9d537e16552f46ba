"""Host names of logical ids."""

from __future__ import annotations

from asgi_lambda.local.template.names import host_of, label


def test_label_is_one_that_a_name_may_have() -> None:
    assert label("FastAPIRestApi") == "fastapirestapi"
    assert label("A" * 100) == "a" * 63


def test_port_is_that_of_the_index() -> None:
    assert host_of("Api", "127.0.0.1:8000") == "api.localhost:8000"
    assert host_of("Api", "localhost") == "api.localhost"
