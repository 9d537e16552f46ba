"""Mangum, as the session of an example takes a handler: it is installed beside the example."""

from typing import Any

from mangum import Mangum


def adapt(application: Any) -> Any:
    """The handler of (event, context)."""
    return Mangum(application)
