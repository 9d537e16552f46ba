"""The handler that TARGET names, imported as Lambda would import it."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from typing import TYPE_CHECKING, Any

from asgi_lambda.adapter import Handler, adapt
from asgi_lambda.errors import ConfigurationError
from asgi_lambda.options import is_async

if TYPE_CHECKING:
    from collections.abc import Callable


def load(target: str) -> Callable[[Any, Any], Any]:
    """A Handler, or a function of (event, context); a bare ASGI application is adapted.

    target: `module:attribute` or `module.attribute`, looked up from the working directory too.
    Raises ConfigurationError where there is no such thing, and whatever the import raises.
    """
    separator = ":" if ":" in target else "."
    module, _, path = target.rpartition(separator)
    if not module or not path:
        raise ConfigurationError(f"TARGET: expected module:attribute, got {target!r}")
    found: Any = _import(module)
    for name in path.split("."):
        if not hasattr(found, name):
            raise ConfigurationError(f"TARGET: expected {name!r} in {module!r}, found no such name")
        found = getattr(found, name)
    return as_function(found, "TARGET")


def as_function(found: Any, name: str = "handler") -> Callable[[Any, Any], Any]:
    """What is called with an event and a context: the object itself, or its adapter.

    name: of the argument that gave it, for messages. Raises ConfigurationError for what is neither
    a handler nor an application.
    """
    if isinstance(found, Handler) or _is_lambda_function(name, found):
        function: Callable[[Any, Any], Any] = found
        return function
    return adapt(found)


def handler_in(function: Callable[..., Any] | None) -> Handler | None:
    """The Handler that a function is, or that a decorator wrapped; None for one of another kind."""
    inner = None if function is None else inspect.unwrap(function)
    return inner if isinstance(inner, Handler) else None


def _import(module: str) -> Any:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        # What the module itself fails to import is its own error.
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        raise ConfigurationError(
            f"TARGET: expected a module {module!r}, found no {error.name!r} from here"
        ) from None


def _is_lambda_function(name: str, found: Any) -> bool:
    """Whether `found` takes an event and a context, rather than what ASGI passes."""
    if not callable(found):
        raise ConfigurationError(
            f"{name}: expected a handler or an ASGI application, got {type(found).__name__}"
        )
    if inspect.isclass(found):
        return False
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):  # a callable of an extension module may have none
        return False
    if not is_async(found):
        return _accepts(signature, 2)
    if _accepts(signature, 2) and not _accepts(signature, 3):
        raise ConfigurationError(
            f"{name}: expected a plain function of (event, context), since Lambda awaits none, "
            "got one that is async"
        )
    return False


def _accepts(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True
