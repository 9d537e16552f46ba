"""When garbage is collected: not before the first invocation, and then as ever."""

from __future__ import annotations

import gc
import subprocess
import sys

from tests.runtime.clients import start


def test_none_is_collected_while_the_function_is_imported() -> None:
    with start("collects.handler") as client:
        found = client.api.invoke("plain").content

    assert found["while imported"] == 0
    assert found["threshold"] == gc.get_threshold()[0]
    # Our own modules alone are more.
    assert found["not searched"] > 5_000
    assert found["cycles"] < 50_000


def test_thresholds_of_the_function_are_kept() -> None:
    with start("collects.handler", OWN_THRESHOLD="1234") as client:
        found = client.api.invoke("plain").content

    assert found["threshold"] == 1234


def test_workers_collect_as_well() -> None:
    with start(
        "collects.handler", AWS_LAMBDA_MAX_CONCURRENCY="2", ASGI_LAMBDA_WORKERS="2"
    ) as client:
        found = client.api.invoke("plain").content

    assert found["while imported"] == 0
    assert found["threshold"] == gc.get_threshold()[0]


def test_who_deferred_nothing_has_nothing_changed() -> None:
    code = (
        "import gc\n"
        "from asgi_lambda.runtime import garbage\n"
        "gc.set_threshold(0)\n"
        "garbage.resume()\n"
        "print(gc.get_threshold()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"
