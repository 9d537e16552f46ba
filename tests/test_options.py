"""What `adapt` takes and refuses, and how it finds out how an application wants to be called."""

from __future__ import annotations

import functools
import json
import types
from typing import TYPE_CHECKING, Any, Final

import pytest

from asgi_lambda import ConfigurationError, adapt
from asgi_lambda.websocket import DynamoDBStore, MemoryStore

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from asgi_lambda.asgi_types import Receive, Scope, Send

EVENT: Final = {
    "requestContext": {"http": {"method": "GET", "path": "/"}},
    "rawPath": "/",
    "headers": {},
}


async def asgi3(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the version of ASGI it was called by."""
    headers = [(b"content-type", b"application/json"), (b"x-kept", b"1"), (b"x-dropped", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    content = json.dumps([scope["asgi"]["version"], scope["path"], scope["root_path"]])
    await send({"type": "http.response.body", "body": content.encode()})


def answer_of(application: Any, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = adapt(application, lifespan="off", **options)(EVENT)
    return answer


def version_seen_by(application: Any, **options: Any) -> str:
    answer = answer_of(application, **options)
    assert answer["statusCode"] == 200
    version: str = json.loads(answer["body"])[0]
    return version


# Arguments


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lifespan", "auto"),
        ("lifespan", "off"),
        ("startup", "auto"),
        ("startup", "import"),
        ("startup", "invoke"),
        ("interface", "auto"),
        ("interface", "asgi3"),
        ("backend", "auto"),
        ("backend", "asyncio"),
        ("root_path", None),
        ("root_path", "/api"),
        ("root_path", "/api/v1/"),
        ("strip_root_path", True),
        ("strip_root_path", False),
        ("on_event", None),
        ("on_event", print),
        ("on_event", asgi3),
        ("text_types", ()),
        ("text_types", ["application/wasm"]),
        ("text_types", {"Application/WASM"}),
        ("exclude_headers", []),
        ("exclude_headers", ("Server", "x-powered-by")),
        ("fail_on", ()),
        ("fail_on", [503, range(500, 600)]),
        ("fail_on", range(500, 600)),
        ("fail_on", [range(0)]),
        ("websocket_store", None),
        ("websocket_store", MemoryStore()),
        ("websocket_store", DynamoDBStore("connections")),
        ("websocket_linger", 0),
        ("websocket_linger", 0.05),
        ("websocket_endpoint", None),
        ("websocket_endpoint", "https://example.com/base"),
        ("timeout", None),
        ("timeout", 29),
        ("timeout", 0.25),
        ("deadline_margin", None),
        ("deadline_margin", 1),
        ("graceful_shutdown", True),
        ("graceful_shutdown", False),
        ("access_log", True),
        ("access_log", False),
        ("sources", ()),
    ],
    ids=lambda value: getattr(value, "__name__", repr(value)),
)
def test_a_value_that_is_taken(name: str, value: Any) -> None:
    handler = adapt(asgi3, **{name: value})
    assert handler(EVENT)["statusCode"] == 200


def test_a_lifespan_may_be_required() -> None:
    assert adapt(asgi3, lifespan="on").app is asgi3


MODES: Final[tuple[Any, ...]] = ("", "ON", "yes", None, True, 3, ["auto"])
NO_FLAGS: Final[tuple[Any, ...]] = (None, 0, 1, "", "yes", [])
NO_PREFIXES: Final[tuple[Any, ...]] = ("", "/", "//", "api", "api/", b"/api", 5, True, ["/api"])
NO_FUNCTIONS: Final[tuple[Any, ...]] = ("module:function", 5, [], True)
NO_SECONDS: Final[tuple[Any, ...]] = (0, 0.0, -1, float("nan"), float("inf"), True, "1", [1])


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        *(("lifespan", value, "'auto' or 'on' or 'off'") for value in MODES),
        *(("startup", value, "'auto' or 'import' or 'invoke'") for value in MODES),
        *(("interface", value, "'auto' or 'asgi2' or 'asgi3'") for value in MODES),
        *(("backend", value, "'auto' or 'asyncio' or 'trio'") for value in MODES),
        *(("strip_root_path", value, "True or False") for value in NO_FLAGS),
        *(("graceful_shutdown", value, "True or False") for value in NO_FLAGS),
        *(("access_log", value, "True or False") for value in NO_FLAGS),
        *(("root_path", value, "strip_root_path=True") for value in NO_PREFIXES),
        *(("on_event", value, "(event, context)") for value in NO_FUNCTIONS),
        *(
            ("text_types", value, "media types")
            for value in ("text/plain", b"text/plain", None, 5, True)
        ),
        *(
            ("exclude_headers", value, "header names")
            for value in ("server", b"server", None, 5, True)
        ),
        *(("fail_on", value, "statuses from 200 to 599") for value in (None, 500, True)),
        *(("timeout", value, "seconds greater than 0") for value in NO_SECONDS),
        ("websocket_store", "table", "ConnectionStore"),
        ("websocket_store", MemoryStore, "ConnectionStore"),
        ("websocket_linger", None, "0 or greater"),
        ("websocket_linger", False, "greater than 0"),
        ("websocket_linger", -1, "greater than 0"),
        ("websocket_endpoint", "example.com", "a URL"),
        ("websocket_endpoint", 5, "a URL"),
        *(("deadline_margin", value, "seconds greater than 0") for value in NO_SECONDS),
    ],
    ids=repr,
)
def test_a_value_that_is_refused(name: str, value: Any, accepted: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        adapt(asgi3, **{name: value})
    text = str(raised.value)
    assert text.startswith(f"{name}: expected ")
    assert text.endswith(f", got {value!r}")
    assert accepted in text


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        *(
            ("text_types", value, "media types")
            for value in ("wasm", "", b"text/plain", None, "text/pläin", 5)
        ),
        *(("exclude_headers", value, "header names") for value in (b"server", None, "sérver", 5)),
        *(
            ("fail_on", value, "statuses from 200 to 599")
            for value in (199, 600, -1, "500", True, None, 500.0, range(500, 601), range(100, 300))
        ),
    ],
    ids=repr,
)
def test_a_collection_with_one_value_that_is_refused(name: str, value: Any, accepted: str) -> None:
    options: dict[str, Any] = {name: [value]}
    with pytest.raises(ConfigurationError) as raised:
        adapt(asgi3, **options)
    text = str(raised.value)
    assert text.startswith(f"{name}: expected ")
    assert text.endswith(f", got {value!r}")
    assert accepted in text


def test_further_sources_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"^sources: "):
        adapt(asgi3, sources=[object()])


@pytest.mark.parametrize("application", [None, 5, "module:app", []], ids=repr)
@pytest.mark.parametrize("interface", ["auto", "asgi2", "asgi3"])
def test_an_application_that_cannot_be_called_is_refused(application: Any, interface: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        adapt(application, interface=interface)
    assert str(raised.value).startswith("app: expected an ASGI application")


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["X-Dropped"], id="list"),
        pytest.param({" x-dropped "}, id="set-with-blanks"),
        pytest.param({"x-dropped": 1}, id="keys-of-a-map"),
        pytest.param((name for name in ["x-dropped"]), id="generator"),
    ],
)
def test_excluded_headers_never_leave(names: Any) -> None:
    headers = answer_of(asgi3, exclude_headers=names)["headers"]
    assert headers == {"content-type": "application/json", "x-kept": "1"}


@pytest.mark.parametrize(
    ("types", "is_base64"),
    [
        pytest.param((), True, id="none"),
        pytest.param(["application/wasm"], False, id="list"),
        pytest.param({" Application/Wasm "}, False, id="set-of-other-case"),
        pytest.param((each for each in ["application/wasm"]), False, id="generator"),
    ],
)
def test_text_types_are_sent_as_text(types: Any, is_base64: bool) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/wasm")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"text"})

    assert answer_of(app, text_types=types)["isBase64Encoded"] is is_base64


@pytest.mark.parametrize(
    ("options", "path", "root_path"),
    [
        pytest.param({}, "/", "", id="none"),
        pytest.param({"root_path": "/api"}, "/api/", "/api", id="prefix"),
        pytest.param({"root_path": "/api/v1//"}, "/api/v1/", "/api/v1", id="trailing-slashes"),
        pytest.param({"root_path": "/api", "strip_root_path": True}, "/", "", id="stripped"),
    ],
)
def test_root_path_reaches_the_scope(options: Any, path: str, root_path: str) -> None:
    assert json.loads(answer_of(asgi3, **options)["body"])[1:] == [path, root_path]


# Interface


class Instance:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asgi3(scope, receive, send)

    async def method(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asgi3(scope, receive, send)

    @staticmethod
    async def static(scope: Scope, receive: Receive, send: Send) -> None:
        await asgi3(scope, receive, send)


class PlainInstance:
    """As middleware is often written: the call returns the awaitable of another."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return asgi3(scope, receive, send)


class AnythingInstance:
    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return asgi3(*arguments, **keywords)


class AwaitableClass:
    """As Starlette's endpoints: an instance is one request, awaited."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._request = scope, receive, send

    def __await__(self) -> Generator[Any, None, None]:
        return asgi3(*self._request).__await__()


class DoubleClass:
    """As ASGI 2 had it: an instance is one request, called."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def __call__(self, receive: Receive, send: Send) -> None:
        await asgi3(self._scope, receive, send)


class DoubleInstance:
    def __call__(self, scope: Scope) -> DoubleClass:
        return DoubleClass(scope)


def double_function(scope: Scope) -> DoubleClass:
    return DoubleClass(scope)


def with_default(scope: Scope, receive: Any = None) -> DoubleClass:
    return DoubleClass(scope)


def plain_function(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
    return asgi3(scope, receive, send)


def positional_only(scope: Scope, receive: Receive, send: Send, /) -> Awaitable[None]:
    return asgi3(scope, receive, send)


def with_options(
    scope: Scope, receive: Receive, send: Send, extra: int = 0, *, keyword: int = 0
) -> Awaitable[None]:
    return asgi3(scope, receive, send)


def arguments_of_any_number(*arguments: Any) -> Any:
    return asgi3(*arguments)


def bound_first(first: object, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
    return asgi3(scope, receive, send)


async def bound_first_async(first: object, scope: Scope, receive: Receive, send: Send) -> None:
    await asgi3(scope, receive, send)


def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        return function(*arguments, **keywords)

    return wrapper


@pytest.mark.parametrize(
    "application",
    [
        pytest.param(asgi3, id="coroutine-function"),
        pytest.param(plain_function, id="function"),
        pytest.param(positional_only, id="positional-only"),
        pytest.param(with_options, id="function-with-defaults"),
        pytest.param(lambda scope, receive, send: asgi3(scope, receive, send), id="lambda"),
        pytest.param(arguments_of_any_number, id="any-number-of-arguments"),
        pytest.param(Instance(), id="instance-with-async-call"),
        pytest.param(Instance().method, id="method"),
        pytest.param(Instance.static, id="static-method"),
        pytest.param(PlainInstance(), id="instance-with-plain-call"),
        pytest.param(AnythingInstance(), id="instance-of-any-number-of-arguments"),
        pytest.param(AwaitableClass, id="class-with-await"),
        pytest.param(functools.partial(bound_first, 1), id="partial"),
        pytest.param(functools.partial(bound_first_async, 1), id="partial-of-coroutine-function"),
        pytest.param(functools.partial(Instance()), id="partial-of-instance"),
        pytest.param(decorated(asgi3), id="wraps-coroutine-function"),
        pytest.param(decorated(plain_function), id="wraps-function"),
    ],
)
def test_asgi_3_is_recognised(application: Any) -> None:
    assert version_seen_by(application) == "3.0"


@pytest.mark.parametrize(
    "application",
    [
        pytest.param(DoubleClass, id="class"),
        pytest.param(DoubleInstance(), id="instance"),
        pytest.param(double_function, id="function"),
        pytest.param(with_default, id="function-with-a-default"),
        pytest.param(lambda scope: DoubleClass(scope), id="lambda"),
        pytest.param(functools.partial(DoubleClass), id="partial-of-class"),
        pytest.param(decorated(double_function), id="wraps-function"),
    ],
)
def test_asgi_2_is_recognised(application: Any) -> None:
    assert version_seen_by(application) == "2.0"


@pytest.mark.parametrize(
    ("application", "required"),
    [
        pytest.param(lambda: None, 0, id="none"),
        pytest.param(lambda scope, receive: None, 2, id="two"),
        pytest.param(lambda scope, receive, send, more: None, 4, id="four"),
        pytest.param(lambda *, scope: None, 0, id="keyword-only"),
    ],
)
def test_a_callable_of_neither_is_refused(application: Any, required: int) -> None:
    with pytest.raises(ConfigurationError, match=rf"requires {required} .*interface='asgi3'"):
        adapt(application)


def test_a_callable_without_a_signature_is_taken_for_asgi_3() -> None:
    # `getattr` has none, and of any three arguments it makes no awaitable.
    assert answer_of(getattr)["statusCode"] == 500
    assert answer_of(getattr, interface="asgi3")["statusCode"] == 500


@pytest.mark.parametrize(
    ("application", "interface", "version"),
    [
        pytest.param(
            lambda scope, *more: DoubleClass(scope), "asgi2", "2.0", id="any-arguments-as-asgi-2"
        ),
        pytest.param(
            lambda scope, receive, send=None: asgi3(scope, receive, send),
            "asgi3",
            "3.0",
            id="two-required-as-asgi-3",
        ),
        pytest.param(asgi3, "asgi3", "3.0", id="asgi-3-as-itself"),
        pytest.param(DoubleClass, "asgi2", "2.0", id="asgi-2-as-itself"),
    ],
)
def test_interface_overrides_what_would_be_found(
    application: Any, interface: str, version: str
) -> None:
    assert version_seen_by(application, interface=interface) == version


# Backend


def quart_trio_like(*, module: str = "quart_trio", name: str = "QuartTrio") -> Any:
    """An application of a class as Quart-Trio's: it is recognised by name and module alone."""
    stand_in = types.ModuleType(module)
    setattr(stand_in, name, type(name, (Instance,), {"__module__": stand_in.__name__}))
    return getattr(stand_in, name)()


class Middleware(Instance):
    def __init__(self, app: Any) -> None:
        self.app = app


def under(application: Any, *, layers: int) -> Any:
    for _ in range(layers):
        application = Middleware(application)
    return application


@pytest.mark.parametrize("layers", range(9))
@pytest.mark.parametrize("module", ["quart_trio", "quart_trio.app"])
def test_a_quart_trio_application_wants_trio(module: str, layers: int) -> None:
    application = under(quart_trio_like(module=module), layers=layers)
    assert adapt(application)._options.backend == "trio"


def test_so_does_one_of_a_class_of_its_own() -> None:
    application = type("Own", (type(quart_trio_like()),), {"__module__": "app"})()
    assert adapt(application)._options.backend == "trio"


def test_any_application_may_ask_for_trio() -> None:
    assert version_seen_by(asgi3, backend="trio") == "3.0"


@pytest.mark.parametrize(
    "application",
    [
        pytest.param(under(quart_trio_like(), layers=9), id="under-nine-layers"),
        pytest.param(quart_trio_like(module="quart"), id="of-another-module"),
        pytest.param(quart_trio_like(module="quart_trio_like"), id="of-a-module-named-alike"),
        pytest.param(quart_trio_like(name="Quart"), id="of-another-name"),
        pytest.param(under(asgi3, layers=3), id="middleware"),
        pytest.param(Middleware(None), id="middleware-without-application"),
    ],
)
def test_any_other_application_runs_on_asyncio(application: Any) -> None:
    assert adapt(application)._options.backend == "asyncio"


def test_a_quart_trio_application_may_be_forced_to_asyncio() -> None:
    assert version_seen_by(quart_trio_like(), backend="asyncio") == "3.0"


def test_middleware_around_itself_ends_the_search() -> None:
    application = Middleware(None)
    application.app = application
    assert version_seen_by(application) == "3.0"
