"""Header fields: those of an event become ASGI's list of pairs, those of a response become maps.

The one place where header text becomes bytes, and bytes text. Request text is UTF-8, which gives
back the bytes that the client sent: API Gateway, Function URLs and ALB decode them so.
Source: captures of non-ASCII request headers behind ALB and Function URLs.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from asgi_lambda.asgi_types import Pair

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_FRAMING: Final = (b"content-length", b"transfer-encoding")
_LONGEST_NAME: Final = 64
_MOST_NAMES: Final = 512


class _Names(dict[str, bytes]):
    """Header names as bytes, in lower case; the few that there are need no second conversion."""

    def __missing__(self, name: str) -> bytes:
        encoded = name.lower().encode()
        # Clients choose names too, and must not fill the memory with them.
        if len(self) < _MOST_NAMES and len(name) <= _LONGEST_NAME:
            self[name] = encoded
        return encoded


_names: Final = _Names()


def from_map(fields: Mapping[str, str | None] | None) -> list[Pair]:
    """Pairs for a map of single values; names lower case, null values left out."""
    if not fields:
        return []
    names = _names
    return [(names[name], value.encode()) for name, value in fields.items() if value is not None]


def from_maps(
    multiple: Mapping[str, Sequence[str] | None] | None, single: Mapping[str, str | None] | None
) -> list[Pair]:
    """Pairs for a map of value lists, repeats kept; names that only `single` has are filled in."""
    if not multiple:
        return from_map(single)
    names = _names
    pairs = [
        (names[name], value.encode()) for name, values in multiple.items() for value in values or ()
    ]
    if single and single.keys() != multiple.keys():
        known = {name for name, _ in pairs}
        pairs += [pair for pair in from_map(single) if pair[0] not in known]
    return pairs


def join_cookies(pairs: list[Pair]) -> None:
    """One `cookie` header where there are several."""
    cookies = [value for name, value in pairs if name == b"cookie"]
    if len(cookies) > 1:
        pairs[:] = [pair for pair in pairs if pair[0] != b"cookie"]
        pairs.append((b"cookie", b"; ".join(cookies)))


def set_cookies(pairs: list[Pair], cookies: Sequence[str]) -> None:
    """One `cookie` header for a list of cookies, in place of any that is there."""
    pairs[:] = [pair for pair in pairs if pair[0] != b"cookie"]
    pairs.append((b"cookie", "; ".join(cookies).encode()))


def set_length(pairs: list[Pair], fields: Mapping[bytes, bytes], length: int) -> None:
    """Make `content-length` say `length` (bytes), and drop `transfer-encoding`.

    fields: the pairs as a map. Front doors remove the header, or count a body before base64. A
    request without the header and without a body stays so.
    """
    right = b"%d" % length
    declared = fields.get(b"content-length")
    chunked = b"transfer-encoding" in fields
    if declared is None and not chunked:
        if length:
            pairs.append((b"content-length", right))
    elif chunked or declared != right or len(fields) != len(pairs):
        pairs[:] = [pair for pair in pairs if pair[0] not in _FRAMING]
        pairs.append((b"content-length", right))


def origin(
    pairs: list[Pair], fields: Mapping[bytes, bytes], domain: str | None
) -> tuple[str, tuple[str, int]]:
    """ASGI's `scheme` and `server`: what the client asked for, as the front door forwards it.

    The domain name that the front door was called by becomes the first header, as `host`, where
    there is none.
    """
    host = fields.get(b"host")
    if host is None:
        host = (domain or "").encode()
        if domain:
            pairs.insert(0, (b"host", host))
    return _origin(host, fields.get(b"x-forwarded-proto"), fields.get(b"x-forwarded-port"))


# A function has few hosts, and the bound keeps those that clients make up from piling up.
@lru_cache(maxsize=32)
def _origin(
    authority: bytes, protocol: bytes | None, forwarded_port: bytes | None
) -> tuple[str, tuple[str, int]]:
    scheme = "http" if protocol and protocol.lower() == b"http" else "https"
    host, port = split_port(authority.decode())
    port = port or _port((forwarded_port or b"").decode()) or _DEFAULT_PORTS[scheme]
    # A health check of an ALB has no host, and applications may not expect None.
    return scheme, (host or "localhost", port)


def split_port(authority: str) -> tuple[str, int | None]:
    """Host and port of `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address."""
    if authority.startswith("["):
        host, _, port = authority[1:].partition("]")
        return host, _port(port.removeprefix(":"))
    if authority.count(":") == 1:
        host, _, port = authority.partition(":")
        return host, _port(port)
    return authority, None


def to_map(
    fields: list[tuple[str, str]], dropped: Iterable[str] = ()
) -> tuple[dict[str, str], list[str]]:
    """One value per name, and the cookies apart, which no comma may join.

    Other repeats are joined by one, as RFC 9110 section 5.3 allows.
    """
    single = dict(fields)
    cookies = []
    if len(single) != len(fields):
        single.clear()
        for name, value in fields:
            if name == "set-cookie":
                cookies.append(value)
            else:
                single[name] = f"{single[name]}, {value}" if name in single else value
    elif "set-cookie" in single:
        cookies.append(single.pop("set-cookie"))
    for name in dropped:
        single.pop(name, None)
    return single, cookies


def to_multi_map(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    """All values per name, in their order."""
    multiple: dict[str, list[str]] = {}
    for name, value in fields:
        multiple.setdefault(name, []).append(value)
    return multiple


def to_two_maps(
    fields: list[tuple[str, str]], dropped: Iterable[str] = ()
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Names with one value, and names with several; none is in both."""
    single = dict(fields)
    multiple: dict[str, list[str]] = {}
    if len(single) != len(fields):
        multiple = {name: each for name, each in to_multi_map(fields).items() if len(each) > 1}
        for name in multiple:
            del single[name]
    for name in dropped:
        single.pop(name, None)
        multiple.pop(name, None)
    return single, multiple


def spellings(name: str) -> Iterator[str]:
    """`name` in every mixture of cases, the plain one first.

    A map with one value per name carries several cookies under names that differ to it, and not to
    HTTP.
    """
    for letters in product(*[sorted({letter, letter.upper()}, reverse=True) for letter in name]):
        yield "".join(letters)


def _port(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 65536 else None
