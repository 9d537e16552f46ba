"""What a client asks, and of which deployment; the input of every event builder."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from asgi_lambda.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

# A client sends other characters as escapes: they would break its request line.
_PRINTABLE: Final = bytes(range(0x21, 0x7F))

DEFAULT_STAGE: Final = "$default"


class Request:
    """One HTTP request as its client sends it.

    target: path and query, percent-encoded, without stage and base path. headers: `(name, value)`
    in order, repeats kept. client: address. scheme and port: how the front door was called, which
    is HTTPS unless changed. received (ms since the epoch) and id are set here, for the events to be
    functions of the request alone.
    """

    __slots__ = (
        "body",
        "client",
        "headers",
        "id",
        "method",
        "path",
        "port",
        "query",
        "received",
        "scheme",
    )

    def __init__(
        self,
        method: str,
        target: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        client: str = "192.0.2.1",
    ) -> None:
        path, _, query = target.partition("#")[0].partition("?")
        self.method = method
        self.path = quote("/" + path.removeprefix("/"), safe=_PRINTABLE)
        self.query = quote(query, safe=_PRINTABLE)
        self.headers = list(headers)
        self.body = body
        self.client = client
        self.scheme = "https"
        self.port = 443
        self.received = time.time_ns() // 1_000_000
        self.id = str(uuid.uuid4())

    def values(self, name: str) -> list[str]:
        """The values of the headers of this name, which is lower case."""
        return [value for field, value in self.headers if field.lower() == name]

    def media_type(self) -> str:
        """The `content-type` without its parameters, lower case; "" where there is none."""
        return "".join(self.values("content-type")[-1:]).partition(";")[0].strip().lower()


class Deployment:
    """How a front door is set up.

    stage: None for the usual one. base_path: what a custom domain maps to the API, as "/v1"; with
    it the API is called by that domain. binary_media_types: the setting of a REST API.
    integration_timeout: seconds an API waits for the function, None for the most it may.
    Raises ConfigurationError.
    """

    __slots__ = ("base_path", "binary_media_types", "integration_timeout", "stage")

    def __init__(
        self,
        stage: str | None = None,
        base_path: str = "",
        binary_media_types: Iterable[str] = (),
        integration_timeout: float | None = None,
    ) -> None:
        if stage is not None and (not stage or "/" in stage):
            raise ConfigurationError(f"stage: expected a name as 'prod', got {stage!r}")
        if integration_timeout is not None and integration_timeout <= 0:
            raise ConfigurationError(
                f"integration_timeout: expected seconds, got {integration_timeout!r}"
            )
        segments = base_path.strip("/")
        self.stage = stage
        self.base_path = "/" + segments if segments else ""
        self.binary_media_types = tuple(each.lower() for each in binary_media_types)
        self.integration_timeout = integration_timeout


def matches(media_type: str, entries: Iterable[str]) -> bool:
    """Whether a media type is one of `binaryMediaTypes`, which are exact, `type/*` or `*/*`."""
    return any(
        entry in (media_type, "*/*") or (entry.endswith("/*") and media_type.startswith(entry[:-1]))
        for entry in entries
    )
