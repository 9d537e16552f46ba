"""AWS, as moto plays it: a server on loopback that boto3 speaks to as to the real one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

REGION = "eu-west-1"


@contextmanager
def serving() -> Iterator[str]:
    """The address of a new server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def client(*, service: Any, address: str) -> Any:
    """A client of one service there."""
    return boto3.client(
        service,
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id="none",
        aws_secret_access_key="none",
    )
