"""Environment variables of a file: `NAME=value` lines, as a shell would read them."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from asgi_lambda.errors import ConfigurationError


def load(name: str) -> None:
    """Set the variables of a file, but for those that are set already.

    A value with spaces or a `#` in it stands in quotes; `export` may stand in front.
    Raises ConfigurationError, without any value.
    """
    try:
        lines = Path(name).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name}: expected a text file to read, got {error!r}") from None
    for number, line in enumerate(lines, 1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError:  # a quotation mark without the other one
            words = [line, ""]
        if words[:1] == ["export"]:
            del words[0]
        if not words:
            continue
        key, sign, value = words[0].partition("=")
        if len(words) > 1 or not sign or not key.isidentifier():
            raise ConfigurationError(f"{name}, line {number}: expected NAME=value")
        os.environ.setdefault(key, value)
