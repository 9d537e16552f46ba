"""What Lambda is told before the first invocation: a failure, and that a snapshot may be taken.

Source: AWS's Python runtime client, for the calls, their order and the exit statuses; the Lambda
guide, "Runtime hooks for Lambda SnapStart".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.runtime.api import ERROR_TYPE, RUNTIME, Refused
from asgi_lambda.runtime.errors import Failure
from asgi_lambda.runtime.marshal import to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from asgi_lambda.runtime.api import RuntimeAPI
    from asgi_lambda.runtime.logs import Log

    Hooks = list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]]

_BEFORE_SNAPSHOT: Final = "Runtime.BeforeSnapshotError", 64
_AFTER_RESTORE: Final = "Runtime.AfterRestoreError", 65


class Initialisation:
    """The calls of the Runtime API up to the first `/next`.

    run: returns the result of a coroutine.
    """

    def __init__(self, api: RuntimeAPI, log: Log, run: Callable[[Any], Any]) -> None:
        self._api = api
        self._log = log
        self._run = run

    def fail(self, error: BaseException) -> int:
        """Log and report why the function cannot be served; the exit status.

        Raises ConnectionLost and Refused.
        """
        return self.report(Failure(error).result)

    def report(self, failure: dict[str, Any]) -> int:
        """The same for a failure as JSON has it, which may be that of another process."""
        self._report(failure, "init/error")
        return 1

    def restore(self) -> int:
        """Let Lambda take its snapshot, and go on after the restore; the exit status of a failure.

        Raises ConnectionLost and Refused.
        """
        before, after = _hooks()
        try:
            while before:  # what was opened last is closed first
                function, arguments, named = before.pop()
                function(*arguments, **named)
            reply = self._run(self._api.call("GET", f"{RUNTIME}/restore/next"))
            if reply.status != 200:
                raise Refused("/restore/next", reply)
        except BaseException as error:
            kind, status = _BEFORE_SNAPSHOT
            self._report(Failure(error).result, "init/error", kind)
            return status
        # What a connection is worth after a snapshot nobody knows.
        self._api.close()
        try:
            for function, arguments, named in after:
                function(*arguments, **named)
        except BaseException as error:
            kind, status = _AFTER_RESTORE
            self._report(Failure(error).result, "restore/error", kind)
            return status
        return 0

    def _report(self, failure: dict[str, Any], path: str, kind: str | None = None) -> None:
        self._log.report(failure)
        fields = [(ERROR_TYPE, kind or failure["errorType"])]
        body = to_json(failure).encode()
        reply = self._run(self._api.call("POST", f"{RUNTIME}/{path}", fields, body))
        # Of several processes another one may have reported its failure first.
        if reply.status not in (202, 403):
            raise Refused(f"/{path}", reply)
        self._api.close()


def _hooks() -> tuple[Hooks, Hooks]:
    """What the function wants to be called before a snapshot and after it is restored."""
    try:
        from snapshot_restore_py import get_after_restore, get_before_snapshot
    except ImportError:  # without that package there is no way to register any
        return [], []
    return get_before_snapshot(), get_after_restore()
