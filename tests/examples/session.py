"""One execution environment for an example: reads events, a line of JSON each, writes responses.

    python session.py examples.NAME.app:handler DISTRIBUTION
    python session.py examples.NAME.app:app DISTRIBUTION FILE

Runs in the environment of the example, so it needs the standard library alone. The first line that
it writes tells what `adapt` found; then each line answers one event. At the end of its input it
shuts the application down. A FILE has an `adapt` of its own, of another adapter, which makes the
handler of an application; nothing is told of that one.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
import traceback
from importlib.metadata import version
from typing import Any


class Context:
    """Lambda's context, with all the time one could want."""

    function_name = "example"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:example"
    memory_limit_in_mb = "512"
    aws_request_id = "5d1b8b0a-0000-4000-8000-0123456789ab"
    log_group_name = "/aws/lambda/example"
    log_stream_name = "2025/01/01/[$LATEST]0123456789abcdef"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def found(handler: Any, distribution: str) -> dict[str, str]:
    """What `adapt` found out about the application, and the version of what it shows, if any."""
    run = handler._lifespan._run
    return {
        "version": version(distribution) if distribution else "",
        "interface": handler._options.interface,
        "backend": handler._options.backend,
        "lifespan": "off" if run is None else run.cycle.state.value,
    }


def answer(handler: Any, event: Any) -> dict[str, Any]:
    """The response to an event, or the error that Lambda would report."""
    try:
        return {"response": handler(event, Context())}
    except Exception as error:
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}"}


def main(target: str, distribution: str, file: str = "") -> None:
    # Whatever the application prints goes to the log, as on Lambda, and not among the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module, _, attribute = target.partition(":")
    handler = getattr(importlib.import_module(module), attribute)
    if file:
        handler = runpy.run_path(file)["adapt"](handler)
    print(json.dumps({} if file else found(handler, distribution)), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(handler, json.loads(line))), file=answers, flush=True)
    if not file:
        handler.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
