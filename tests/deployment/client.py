"""Clients of AWS's services for one region. They are used inside moto only."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import boto3

# Before the session is made: moto answers for those alone that come after its import.
import moto.core.models  # noqa: F401

REGION: Final = "eu-west-1"
# The account of everything in moto.
ACCOUNT: Final = "123456789012"

# With a key of its own, so that no key of the machine is ever looked for.
SESSION: Final[Any] = boto3.Session("moto", "moto", region_name=REGION)


@cache
def client(service: str) -> Any:
    """The client of a service. Cached, since making one takes longer than most calls."""
    return SESSION.client(service)
