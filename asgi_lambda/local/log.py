"""The log of the package on stderr, for the commands."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def logging_to_stderr() -> Iterator[None]:
    """Write what the package logs, from INFO on, to stderr within a block."""
    logger, log = logging.getLogger("asgi_lambda"), logging.StreamHandler()
    log.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    level, propagates = logger.level, logger.propagate
    logger.addHandler(log)
    logger.setLevel(logging.INFO)
    # An application that configures the root logger would show each line twice.
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(log)
        logger.setLevel(level)
        logger.propagate = propagates
