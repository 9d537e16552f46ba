"""The functions of a document, and the front doors that lead to them.

What cannot be served is in the notes, and says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from asgi_lambda.errors import ConfigurationError
from asgi_lambda.local.template.document import origin
from asgi_lambda.local.template.doors import doors
from asgi_lambda.local.template.intrinsics import Unresolved
from asgi_lambda.local.template.names import label

if TYPE_CHECKING:
    from pathlib import Path

    from asgi_lambda.local.template.document import Document
    from asgi_lambda.local.template.doors import DoorSetup

# Seconds. Source: Lambda guide, "Configure Lambda function timeout".
_TIMEOUT: Final = 3


class FunctionSetup(NamedTuple):
    """A function as the template has it.

    name: its logical id. handler: as Lambda names it. folder: of its code. layers: folders that are
    looked through for modules behind it. variables: of its environment. timeout: s.
    """

    name: str
    handler: str
    folder: str
    layers: list[str]
    variables: dict[str, str]
    timeout: float


class Stack(NamedTuple):
    """functions: by logical id. doors: to them. notes: what is left out, and why."""

    functions: dict[str, FunctionSetup]
    doors: list[DoorSetup]
    notes: list[str]

    def doors_of(self, function: str) -> list[DoorSetup]:
        """The doors that lead to a function."""
        return [d for d in self.doors if any(r.function == function for r in d.routes)]


def of(document: Document, folder: Path) -> Stack:
    """What can be served; folder: from which the template names its code.

    Raises ConfigurationError where that is nothing.
    """
    notes = list(document.notes)
    functions = {}
    for name, properties in document.of_type("AWS::Lambda::Function").items():
        try:
            functions[name] = _function(document, name, properties, folder, notes)
        except (Unresolved, _NotServed) as error:
            notes.append(f"{name} is not served: {error}")
    if not functions:
        raise ConfigurationError(
            "\n".join(["--template: expected a function with Python code beside it", *notes])
        )
    found = doors(document, functions, notes)
    _check_names([*functions, *dict.fromkeys(door.name for door in found)])
    stack = Stack(functions, found, notes)
    for name in functions:
        if not stack.doors_of(name):
            notes.append(f"{name} has no front door: no HTTP event, Function URL or target group")
    return stack


def _check_names(names: list[str]) -> None:
    """Raise ConfigurationError where two would have the same host name."""
    known: dict[str, str] = {}
    for name in names:
        other = known.setdefault(label(name), name)
        if other != name:
            raise ConfigurationError(
                f"--template: expected logical ids that differ in more than their case, "
                f"got {other} and {name}"
            )


class _NotServed(Exception):
    """Says why."""


def _function(
    document: Document, name: str, properties: dict[str, Any], folder: Path, notes: list[str]
) -> FunctionSetup:
    """Raises Unresolved and _NotServed."""
    value = document.resolver.value
    if value(properties.get("PackageType")) == "Image":
        raise _NotServed("its code is an image")
    runtime = str(value(properties.get("Runtime")))
    if not runtime.startswith("python"):
        raise _NotServed(f"its runtime is {runtime}")
    code = _code(document, properties.get("Code"))
    if code is None:
        raise _NotServed("its code is not in a folder")
    place = (folder / code).resolve()
    if not place.is_dir():
        raise _NotServed(f"its code is not in a folder: {code}")
    return FunctionSetup(
        name,
        value(properties["Handler"]),
        str(place),
        _layers(document, properties.get("Layers") or [], folder),
        _variables(document, name, properties, notes),
        float(value(properties.get("Timeout", _TIMEOUT))),
    )


def _code(document: Document, code: Any) -> str | None:
    """The path of a function's or a layer's code, None where it is elsewhere."""
    name = origin(code)
    path = document.resolver.value(document.code[name] if name is not None else code)
    return path if isinstance(path, str) and not path.startswith("s3://") else None


def _layers(document: Document, layers: Any, folder: Path) -> list[str]:
    """Where the layers of this template have modules; a later layer is unpacked over the others."""
    found: list[str] = []
    versions = document.of_type("AWS::Lambda::LayerVersion")
    for layer in layers if isinstance(layers, list) else []:
        name = layer.get("Ref") if isinstance(layer, dict) else None
        path = _code(document, versions[name].get("Content")) if name in versions else None
        if path is not None and (folder / path / "python").is_dir():
            found.insert(0, str((folder / path / "python").resolve()))
    return found


def _variables(
    document: Document, name: str, properties: dict[str, Any], notes: list[str]
) -> dict[str, str]:
    """The environment's variables, without those that only a deployment has."""
    resolver, variables = document.resolver, {}
    for key, node in ((properties.get("Environment") or {}).get("Variables") or {}).items():
        resolver.stand_ins.clear()
        try:
            variables[key] = _text(resolver.value(node))
        except Unresolved as error:
            notes.append(f"{name} has no variable {key}: only a deployment knows {error}")
            continue
        if stand_ins := sorted(set(resolver.stand_ins)):
            notes.append(
                f"{name} has the logical id {', '.join(stand_ins)} in its variable {key}: "
                "that resource is not here"
            )
    return variables


def _text(value: Any) -> str:
    """As CloudFormation writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
