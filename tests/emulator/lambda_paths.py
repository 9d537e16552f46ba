"""The paths that Lambda has, for programs that look for something there.

They are in a mount namespace of the program's own; that takes root. AWS's emulator needs them for
many invocations at once: then it starts a bootstrap at a path, and as a user, that it knows.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from typing import TYPE_CHECKING, Final

from tests.emulator.program import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PYTHON: Final = "/var/python/bin"

# `python3` of the caller, in a place that every user may read. What is installed for it is hidden:
# nothing of that is in Lambda's, and some of it may run at each start.
_PLACES: Final = """
set -e
mount -t tmpfs tmpfs /var
mkdir -p /var/task /var/runtime /var/python /var/site
mount --bind "$TASK" /var/task
mount --bind "$PYTHON" /var/python
mount --bind "$SITE" /var/site
[ ! -d "/var/python/$INSTALLED" ] || mount -t tmpfs tmpfs "/var/python/$INSTALLED"
"""
_BOOTSTRAP: Final = """
cat >/var/runtime/bootstrap <<'BOOTSTRAP'
#!/bin/sh
export LD_LIBRARY_PATH=/var/python/lib PYTHONPATH=/var/task:/var/site PYTHONDONTWRITEBYTECODE=1
exec /var/python/bin/python3 -m $CLIENT "$_HANDLER"
BOOTSTRAP
chmod 755 /var/runtime/bootstrap
"""
_RUNTIME: Final = """
mkdir /var/runtime/asgi_lambda
mount --bind "$CHECKOUT/asgi_lambda" /var/runtime/asgi_lambda
cp "$CHECKOUT/examples/custom_runtime/bootstrap" /var/runtime
cp "$CHECKOUT/asgi_lambda/runtime/asgi_lambda_bootstrap.py" /var/runtime
"""
# As `build-AsgiLambda` of the Makefile lays it out, and a bootstrap as AWS's of Python.
_LAYER: Final = """
mount -t tmpfs tmpfs /opt
mkdir -p /opt/python/asgi_lambda
mount --bind "$CHECKOUT/asgi_lambda" /opt/python/asgi_lambda
cp "$CHECKOUT/asgi_lambda/runtime/asgi-lambda-runtime" /opt
cp "$CHECKOUT/asgi_lambda/runtime/asgi_lambda_bootstrap.py" /opt
cat >/var/runtime/bootstrap <<'BOOTSTRAP'
#!/bin/sh
export LD_LIBRARY_PATH=/var/python/lib PYTHONPATH=/var/site PYTHONDONTWRITEBYTECODE=1
exec $AWS_LAMBDA_EXEC_WRAPPER /var/python/bin/python3 /var/runtime/bootstrap.py
BOOTSTRAP
chmod 755 /var/runtime/bootstrap
"""


def with_client(command: Sequence[str], client: str) -> tuple[list[str], dict[str, str]]:
    """A command with a runtime client under it, and its variables; the checkout is the function."""
    return _started(command, _BOOTSTRAP, {"TASK": str(CHECKOUT), "CLIENT": client})


def with_custom_runtime(command: Sequence[str], task: Path) -> tuple[list[str], dict[str, str]]:
    """The same with `examples/custom_runtime` in /var/runtime. task: the folder of a function."""
    variables = {"TASK": str(task), "CHECKOUT": str(CHECKOUT)}
    return _started(command, _RUNTIME, variables)


def with_layer(command: Sequence[str], task: Path) -> tuple[list[str], dict[str, str]]:
    """The same with a runtime of Lambda's and the layer of the template."""
    return _started(command, _LAYER, {"TASK": str(task), "CHECKOUT": str(CHECKOUT)})


def _started(
    command: Sequence[str], prepare: str, variables: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    script = f'{_PLACES}{prepare}exec "$@"'
    base = sysconfig.get_path("purelib", vars={"base": sys.base_prefix})
    places = {
        "PYTHON": sys.base_prefix,
        "SITE": sysconfig.get_path("purelib"),
        "INSTALLED": os.path.relpath(base, sys.base_prefix),
    }
    return ["unshare", "--mount", "sh", "-c", script, "sh", *command], {**places, **variables}
