"""What `adapt` accepts, checked once and never changed after."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.errors import ConfigurationError
from asgi_lambda.response import HOP_BY_HOP

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asgi_lambda.websocket.store import ConnectionStore

_MODES: Final = {
    "lifespan": ("auto", "on", "off"),
    "startup": ("auto", "import", "invoke"),
    "interface": ("auto", "asgi2", "asgi3"),
    "backend": ("auto", "asyncio", "trio"),
}
_MOST_LAYERS: Final = 8


class Options:
    """The checked arguments of `adapt`, whose documentation they have.

    dropped: the names of response headers that never leave, as bytes.
    """

    __slots__ = (
        "access_log",
        "backend",
        "deadline_margin",
        "dropped",
        "fail_on",
        "graceful_shutdown",
        "interface",
        "lifespan",
        "on_event",
        "root_path",
        "startup",
        "strip_root_path",
        "text_types",
        "timeout",
        "websocket_endpoint",
        "websocket_linger",
        "websocket_store",
    )

    def __init__(self, app: Any, **arguments: Any) -> None:
        for name, accepted in _MODES.items():
            if arguments[name] not in accepted:
                raise _refused(name, arguments[name], " or ".join(map(repr, accepted)))
        for name in ("strip_root_path", "graceful_shutdown", "access_log"):
            if not isinstance(arguments[name], bool):
                raise _refused(name, arguments[name], "True or False")
        self.lifespan: str = arguments["lifespan"]
        self.startup: str = arguments["startup"]
        self.strip_root_path: bool = arguments["strip_root_path"]
        self.graceful_shutdown: bool = arguments["graceful_shutdown"]
        self.access_log: bool = arguments["access_log"]
        self.interface = _interface(app, arguments["interface"])
        self.backend = _backend(app, arguments["backend"])
        self.root_path = _root_path(arguments["root_path"])
        self.on_event = _function("on_event", arguments["on_event"])
        self.text_types = frozenset(_names("text_types", arguments["text_types"], "/"))
        excluded = _names("exclude_headers", arguments["exclude_headers"])
        self.dropped = HOP_BY_HOP | {name.encode() for name in excluded}
        self.fail_on = _statuses(arguments["fail_on"])
        self.timeout = _seconds("timeout", arguments["timeout"])
        self.deadline_margin = _seconds("deadline_margin", arguments["deadline_margin"])
        self.websocket_store = _store(arguments["websocket_store"])
        self.websocket_linger = _linger(arguments["websocket_linger"])
        self.websocket_endpoint = _endpoint(arguments["websocket_endpoint"])
        if arguments["sources"] != ():
            raise ConfigurationError("sources: further event sources are not available yet")


def is_async(function: Any) -> bool:
    """Whether a call returns a coroutine: a coroutine function, or an object whose call is one."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        type(function).__call__
    )


def _refused(name: str, value: object, accepted: str) -> ConfigurationError:
    return ConfigurationError(f"{name}: expected {accepted}, got {value!r}")


def _interface(application: Any, interface: str) -> str:
    """ "asgi3" or "asgi2", by how the application wants to be called."""
    if not callable(application):
        raise _refused("app", application, "an ASGI application, which is callable")
    if interface != "auto":
        return interface
    if inspect.isclass(application):
        # Awaiting an instance runs it, as with Starlette's endpoints; otherwise it is called again.
        return "asgi3" if hasattr(application, "__await__") else "asgi2"
    if is_async(application):
        return "asgi3"
    return _interface_by_arguments(application)


def _interface_by_arguments(application: Callable[..., Any]) -> str:
    try:
        parameters = inspect.signature(application).parameters.values()
    except (TypeError, ValueError):  # a callable of an extension module may have none
        return "asgi3"
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = sum(each.kind in positional and each.default is each.empty for each in parameters)
    if required == 3:
        return "asgi3"
    if required == 1:
        return "asgi2"
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return "asgi3"
    raise ConfigurationError(
        "app: expected a callable of (scope, receive, send), or of (scope) for ASGI 2, got one "
        f"that requires {required} positional arguments; interface='asgi3' or 'asgi2' decides it"
    )


def _backend(application: Any, backend: str) -> str:
    if backend == "auto":
        return "trio" if _is_quart_trio(application) else "asyncio"
    return backend


def _is_quart_trio(application: Any) -> bool:
    """Whether a Quart-Trio application is inside, also under middleware; imports nothing for it."""
    for _ in range(_MOST_LAYERS + 1):
        if any(
            base.__name__ == "QuartTrio" and base.__module__.partition(".")[0] == "quart_trio"
            for base in type(application).__mro__
        ):
            return True
        application = getattr(application, "app", None)
    return False


def _root_path(root_path: Any) -> str | None:
    if root_path is None:
        return None
    if not isinstance(root_path, str) or not root_path.strip("/") or not root_path.startswith("/"):
        raise _refused(
            "root_path",
            root_path,
            "a prefix as '/api', or None for the one that the event proves; "
            "to remove that one, say strip_root_path=True",
        )
    return root_path.rstrip("/")


def _function(name: str, value: Any) -> Callable[..., Any] | None:
    if value is not None and not callable(value):
        raise _refused(name, value, "a function of (event, context), or None")
    function: Callable[..., Any] | None = value
    return function


def _names(name: str, values: Any, separator: str = "") -> list[str]:
    """Lower-case names; a single string is most likely meant as one."""
    what = "media types as 'application/wasm'" if separator else "header names"
    if isinstance(values, str | bytes) or not _is_iterable(values):
        raise _refused(name, values, f"a collection of {what}")
    values = list(values)
    for value in values:
        if not isinstance(value, str) or not value.isascii() or separator not in value.strip():
            raise _refused(name, value, what)
    return [value.strip().lower() for value in values]


def _statuses(values: Any) -> frozenset[int]:
    accepted = "a collection of statuses from 200 to 599, as ints or ranges"
    if not _is_iterable(values):
        raise _refused("fail_on", values, accepted)
    statuses: set[int] = set()
    for value in values:
        each: Iterable[Any] = value if isinstance(value, range) else (value,)
        for status in each:
            if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
                raise _refused("fail_on", value, accepted)
            statuses.add(int(status))
    return frozenset(statuses)


def _seconds(name: str, value: Any) -> float | None:
    if value is None:
        return None
    if (
        not isinstance(value, int | float)
        or isinstance(value, bool)
        or not 0 < value < float("inf")
    ):
        raise _refused(name, value, "a number of seconds greater than 0, or None")
    return float(value)


def _store(value: Any) -> ConnectionStore | None:
    methods = ("create", "load", "save", "delete")
    if value is not None and (
        inspect.isclass(value) or not all(callable(getattr(value, each, None)) for each in methods)
    ):
        raise _refused(
            "websocket_store", value, "a ConnectionStore, as DynamoDBStore('table'), or None"
        )
    store: ConnectionStore | None = value
    return store


def _linger(value: Any) -> float:
    if value == 0 and value is not False:
        return 0.0
    seconds = _seconds("websocket_linger", value)
    if seconds is None:
        raise _refused("websocket_linger", value, "a number of seconds, 0 or greater")
    return seconds


def _endpoint(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.startswith(("https://", "http://")):
        raise _refused("websocket_endpoint", value, "a URL as 'https://example.com/base', or None")
    return value.rstrip("/")


def _is_iterable(value: Any) -> bool:
    return hasattr(value, "__iter__")
