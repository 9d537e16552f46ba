from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asgi_lambda import ConfigurationError, Handler, adapt
from asgi_lambda.local.target import handler_in, load

MODULE = """
import functools

from asgi_lambda import adapt


async def app(scope, receive, send): ...


def asgi2(scope): ...


class AppClass:
    def __init__(self, scope): ...


class Instance:
    async def __call__(self, scope, receive, send): ...


instance = Instance()
handler = adapt(app)


@functools.wraps(handler)
def decorated(event, context):
    return handler(event, context)


def function(event, context): ...


def with_more(event, context=None, *more): ...


async def async_function(event, context): ...


async def takes_anything(*arguments): ...


number = 1


class WithoutSignature:
    # As callables of extension modules can be.

    __signature__ = 1

    def __call__(self, scope, receive, send): ...


without_signature = WithoutSignature()


class Outer:
    inner = function
"""


@pytest.fixture
def module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The name of a module in the working directory that no other test has imported."""
    name = f"target_{abs(hash(request.node.nodeid))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield name
    sys.modules.pop(name, None)


@pytest.mark.parametrize("separator", [":", "."])
def test_handler(module: str, separator: str) -> None:
    found = load(f"{module}{separator}handler")
    assert found is sys.modules[module].handler
    assert handler_in(found) is found


def test_the_working_directory_is_searched_once(module: str) -> None:
    load(f"{module}:handler")
    load(f"{module}:handler")
    assert sys.path.count(str(Path.cwd())) == 1


@pytest.mark.parametrize(
    "name", ["app", "asgi2", "AppClass", "instance", "takes_anything", "without_signature"]
)
def test_a_bare_application_is_adapted(module: str, name: str) -> None:
    found = load(f"{module}:{name}")
    assert isinstance(found, Handler)
    assert found.app is getattr(sys.modules[module], name)


@pytest.mark.parametrize("name", ["function", "with_more", "Outer.inner"])
def test_a_function_is_taken_as_it_is(module: str, name: str) -> None:
    found = load(f"{module}:{name}")
    assert found.__module__ == module
    assert handler_in(found) is None


def test_the_handler_inside_a_decorator_is_found(module: str) -> None:
    found = load(f"{module}:decorated")
    assert not isinstance(found, Handler)
    assert handler_in(found) is sys.modules[module].handler


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("", "expected module:attribute, got ''"),
        ("alone", "expected module:attribute, got 'alone'"),
        (":app", "expected module:attribute"),
        ("MODULE:", "expected module:attribute"),
        ("no_such_module:app", "expected a module 'no_such_module', found no 'no_such_module'"),
        ("MODULE.sub:app", "expected a module 'MODULE.sub', found no 'MODULE.sub'"),
        ("MODULE:missing", "expected 'missing' in 'MODULE', found no such name"),
        ("MODULE:Outer.missing", "expected 'missing' in 'MODULE'"),
        ("MODULE:number", "expected a handler or an ASGI application, got int"),
        ("MODULE:async_function", r"expected a plain function .* got one that is async"),
    ],
)
def test_what_cannot_be_used(module: str, target: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message.replace("MODULE", module)):
        load(target.replace("MODULE", module))


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import no_such_module", ModuleNotFoundError),
        ("raise ModuleNotFoundError('without a name')", ModuleNotFoundError),
        ("1 / 0", ZeroDivisionError),
    ],
    ids=["missing-dependency", "no-name", "any-other"],
)
def test_what_the_import_raises(module: str, source: str, error: type[Exception]) -> None:
    Path(f"{module}.py").write_text(source)
    with pytest.raises(error):
        load(f"{module}:app")


def test_handler_in_what_a_decorator_hides() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    handler = adapt(app)
    assert handler_in(handler) is handler
    assert handler_in(functools.partial(handler)) is None
