"""What TARGET names, imported as AWS's client imports a handler, and with its errors.

Source: AWS's Python runtime client.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from typing import TYPE_CHECKING, Any

from asgi_lambda.adapter import Handler, adapt
from asgi_lambda.runtime.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Callable


def load(target: str) -> Callable[[Any, Any], Any]:
    """A Handler, or a function of (event, context); a bare ASGI application is adapted.

    target: `module.name`, where `/` may stand for the dots of the module, or `module:name`.
    Raises Fault, whatever else the import raises, and what `adapt` raises.
    """
    module_name, separator, name = target.rpartition(":" if ":" in target else ".")
    if not separator:
        raise Fault(
            "Runtime.MalformedHandlerName",
            f"Bad handler '{target}': not enough values to unpack (expected 2, got 1)",
        )
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault(
            "Runtime.BuiltInModuleConflict",
            f"Cannot use built-in module {module_name} as a handler module",
        )
    module = _import(module_name)
    try:
        found = getattr(module, name)
    except AttributeError:
        raise Fault(
            "Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'"
        ) from None
    return adapt(found) if _is_application(found) else found


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name.replace("/", "."))
    except ImportError as error:
        raise Fault(
            "Runtime.ImportModuleError", f"Unable to import module '{name}': {error}"
        ) from error
    except SyntaxError as error:
        raise Fault(
            "Runtime.UserCodeSyntaxError",
            f"Syntax error in module '{name}': {error}",
            [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'],
        ) from error


def _is_application(found: Any) -> bool:
    """Whether `found` is a bare ASGI application, and nothing that takes an event and a context.

    Where that cannot be told it is a function, which is what AWS's client takes everything for.
    """
    if isinstance(found, Handler) or not callable(found):
        return False
    try:
        signature = inspect.signature(found)
    except (TypeError, ValueError):  # a callable of an extension module may have none
        return False
    return not _accepts(signature, 2) and (_accepts(signature, 3) or _accepts(signature, 1))


def _accepts(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True
