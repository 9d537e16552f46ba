"""What the exec wrapper, `asgi-lambda-runtime`, runs in place of AWS's `bootstrap.py`.

It lies beside the wrapper, which in the layer is outside of the package. So it knows nothing of the
package until it has made the path on which the package is found.
"""

import os
import sys
from importlib.util import find_spec

_AWS_CLIENT = "/var/runtime"


def module_path() -> list[str]:
    """Where AWS's client looks for modules, in its order, before Python's own places.

    Source: the Lambda guide, "Working with .zip file archives for Python Lambda functions".
    """
    python = "python{}.{}".format(*sys.version_info)
    return [
        os.environ.get("LAMBDA_TASK_ROOT", "/var/task"),
        f"/opt/python/lib/{python}/site-packages",
        "/opt/python",
        _AWS_CLIENT,
    ]


def main() -> int:
    """Serve the function that `_HANDLER` names; the exit status."""
    if not sys.flags.safe_path:
        # The folder of this script; without it the neighbours are no modules at the top.
        del sys.path[0]
    sys.path[:] = dict.fromkeys([*module_path(), *sys.path])
    if find_spec("asgi_lambda") is None:
        looked = ", ".join(sys.path)
        print(f"asgi-lambda-runtime: expected the package asgi_lambda in {looked}", file=sys.stderr)
        return 127
    from asgi_lambda.runtime import garbage

    garbage.defer()
    from asgi_lambda.runtime import start

    return start.main(sys.argv[:1])


if __name__ == "__main__":
    sys.exit(main())
