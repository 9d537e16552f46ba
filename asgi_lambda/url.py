"""Paths and queries: what a front door delivered, as the scope has it.

Text from an event comes in, scope values go out. Knows nothing of the shape of an event.
`urllib.parse` is imported where it is needed: most requests need no percent-coding, and it takes
more time to import than this package.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from asgi_lambda.asgi_types import HTTPScope

# What RFC 3986 lets stand literally in a path segment, and the slash between two.
_PATH_CHARACTERS: Final = "!$&'()*+,;=:@-._~/"
_UNRESERVED: Final = (string.ascii_letters + string.digits + "-._~").encode()
_LITERAL_IN_PATH: Final = (string.ascii_letters + string.digits + _PATH_CHARACTERS).encode()
# Clients send more than RFC 3986 allows, `|` and `[` among them, and an application may compare
# bytes: only what would break a request line is encoded in text that a client typed.
_PRINTABLE: Final = bytes(range(0x21, 0x7F))
_TYPED_PATH: Final = _PRINTABLE.replace(b"?", b"").replace(b"#", b"")
_TYPED_QUERY: Final = _PRINTABLE.replace(b"#", b"")


def rooted(path: str | None) -> str:
    """`path` with the slash that every path begins with, also an empty one."""
    return path if path and path[0] == "/" else "/" + (path or "")


def decode(text: str) -> str:
    """`text` percent-decoded once, as UTF-8; bytes that are no UTF-8 become U+FFFD."""
    if "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text)


def encode_path(path: str) -> bytes:
    """The bytes that a client could have sent for a decoded path; `%` is encoded too."""
    data = path.encode()
    return _quoted(data, _PATH_CHARACTERS) if data.translate(None, _LITERAL_IN_PATH) else data


def typed_path(path: str) -> bytes:
    """A path that is still percent-encoded, as bytes, its escapes untouched."""
    data = path.encode()
    return _quoted(data, _TYPED_PATH) if data.translate(None, _TYPED_PATH) else data


def query(typed: str | None, decoded: Mapping[str, str | None] | None = None) -> bytes:
    """A query string as bytes: the typed one, its escapes untouched.

    Without the leading `?` that the Lambda guide prints in `rawQueryString`. From the decoded
    parameters only where it is missing.
    """
    if typed is None:
        return encode_query(parameters(None, decoded))
    data = typed.removeprefix("?").encode()
    return _quoted(data, _TYPED_QUERY) if data.translate(None, _TYPED_QUERY) else data


def parameters(
    multiple: Mapping[str, Sequence[str] | None] | None, single: Mapping[str, str | None] | None
) -> list[tuple[str, str]]:
    """Keys and values, repeats kept where the lists of `multiple` are there."""
    if multiple:
        return [(key, value) for key, values in multiple.items() for value in values or ("",)]
    return [(key, value or "") for key, value in (single or {}).items()]


def encode_query(parameters: Sequence[tuple[str, str]]) -> bytes:
    """A query string for decoded keys and values, in their order."""
    plain = "&".join([f"{key}={value}" for key, value in parameters]).encode()
    # Mostly nothing but the separators is what might need an escape.
    if len(plain.translate(None, _UNRESERVED)) <= 2 * len(parameters) - 1:
        return plain
    return b"&".join([_component(key) + b"=" + _component(value) for key, value in parameters])


def is_typed_path(path: str) -> bool:
    """Whether a client can have sent `path`: legal characters, each `%` part of an escape."""
    if path.encode().translate(None, _TYPED_PATH):
        return False
    digits = string.hexdigits
    return all(
        len(rest) >= 2 and rest[0] in digits and rest[1] in digits for rest in path.split("%")[1:]
    )


def has_prefix(path: str, prefix: str) -> bool:
    """Whether `path` is `prefix` or lies under it: `/prod` is no prefix of `/product`."""
    return path == prefix or path.startswith(prefix + "/")


def base_path(path: str, resource: str, parameters: dict[str, str] | None) -> str:
    """What stands in `path` before the route it was matched by: the base path of a custom domain.

    resource: the route, as `/users/{id}` or `/{proxy+}`; parameters: what its names matched.
    "" where the route cannot be found at the end of the path.
    """
    route = resource
    for name, value in (parameters or {}).items():
        route = route.replace(f"{{{name}+}}", value.lstrip("/")).replace(f"{{{name}}}", value)
    # A greedy parameter arrives without its trailing slash.
    whole, route = path.rstrip("/"), route.rstrip("/")
    if not resource or (route and not whole.endswith("/" + route.lstrip("/"))):
        return ""
    # Clients may type a double slash behind the base path.
    return whole.removesuffix(route).rstrip("/")


def mount(scope: HTTPScope, root_path: str) -> None:
    """Make `root_path` the prefix of `scope`, in place of the one that its event proved."""
    unmount(scope)
    if not has_prefix(scope["path"], root_path):
        scope["path"] = root_path + scope["path"]
        scope["raw_path"] = encode_path(root_path) + scope["raw_path"]
    scope["root_path"] = root_path


def unmount(scope: HTTPScope) -> None:
    """Remove the prefix from `path` and `raw_path`."""
    prefix = scope["root_path"]
    if prefix:
        scope["root_path"] = ""
        scope["path"] = scope["path"].removeprefix(prefix) or "/"
        # By segments, since the client may have sent any character of the prefix as an escape.
        segments = scope["raw_path"].split(b"/", prefix.count("/") + 1)
        scope["raw_path"] = b"/" + b"".join(segments[prefix.count("/") + 1 :])


def _component(text: str) -> bytes:
    data = text.encode()
    return _quoted(data, b"") if data.translate(None, _UNRESERVED) else data


def _quoted(data: bytes, safe: str | bytes) -> bytes:
    from urllib.parse import quote_from_bytes

    return quote_from_bytes(data, safe).encode()
