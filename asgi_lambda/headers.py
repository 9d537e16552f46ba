"""Header fields: those of an event become ASGI's list of pairs, those of a response become maps.

The one place where header text becomes bytes, and bytes text. Request text is UTF-8: that gives back
the bytes the client sent, since API Gateway, Function URLs and ALB decode them so.
Source: captures of non-ASCII request headers behind ALB and Function URLs.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from asgi_lambda.asgi_types import Pair

_FRAMING: Final = (b"content-length", b"transfer-encoding")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def from_map(fields: Mapping[str, str | None] | None) -> list[Pair]:
    """Pairs for a map of single values; names lower case, null values left out."""
    return [
        (name.lower().encode("utf-8", "replace"), value.encode("utf-8", "replace"))
        for name, value in (fields or {}).items()
        if value is not None
    ]


def from_maps(
    multiple: Mapping[str, Sequence[str] | None] | None, single: Mapping[str, str | None] | None
) -> list[Pair]:
    """Pairs for a map of value lists, repeats kept; names that only `single` has are filled in."""
    pairs = [
        (name.lower().encode("utf-8", "replace"), value.encode("utf-8", "replace"))
        for name, values in (multiple or {}).items()
        for value in values or ()
    ]
    if not pairs:
        return from_map(single)
    if single and len(single) != len(multiple or ()):
        known = {name for name, _ in pairs}
        pairs += [pair for pair in from_map(single) if pair[0] not in known]
    return pairs


def set_cookies(pairs: list[Pair], cookies: Sequence[str] | None) -> None:
    """One `cookie` header for a list of cookies, in place of any that is there.

    An empty list leaves the header: `sam local start-api` sends one beside it.
    """
    if cookies:
        pairs[:] = [pair for pair in pairs if pair[0] != b"cookie"]
        pairs.append((b"cookie", "; ".join(cookies).encode("utf-8", "replace")))


def set_length(pairs: list[Pair], length: int) -> None:
    """Make `content-length` say `length` (bytes), and drop `transfer-encoding`.

    Front doors remove the header, or count a body before base64. A request without the header and
    without a body stays so.
    """
    right = (b"content-length", b"%d" % length)
    declared = [pair for pair in pairs if pair[0] in _FRAMING]
    if declared != [right] and (declared or length):
        pairs[:] = [pair for pair in pairs if pair[0] not in _FRAMING]
        pairs.append(right)


def with_host(pairs: list[Pair], domain: str | None) -> dict[bytes, bytes]:
    """The fields by name, after the domain name was put first as `host` where there was none."""
    fields = dict(pairs)
    if domain and b"host" not in fields:
        fields[b"host"] = domain.encode("utf-8", "replace")
        pairs.insert(0, (b"host", fields[b"host"]))
    return fields


def scheme(fields: dict[bytes, bytes]) -> str:
    """`http` or `https`, as the front door says in `x-forwarded-proto`."""
    return "http" if fields.get(b"x-forwarded-proto", b"").lower() == b"http" else "https"


def server(fields: dict[bytes, bytes], scheme: str) -> tuple[str, int]:
    """Host and port the client asked for; the port from `host`, `x-forwarded-port` or the scheme."""
    host, port = split_port(fields.get(b"host", b"").decode("utf-8", "replace"))
    if port is None:
        forwarded = fields.get(b"x-forwarded-port", b"").decode("utf-8", "replace")
        port = _port(forwarded) or _DEFAULT_PORTS[scheme]
    # A health check of an ALB has no host, and applications may not expect None.
    return host or "localhost", port


def split_port(authority: str) -> tuple[str, int | None]:
    """Host and port of `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address."""
    if authority.startswith("["):
        host, _, port = authority[1:].partition("]")
        return host, _port(port.removeprefix(":"))
    if authority.count(":") == 1:
        host, _, port = authority.partition(":")
        return host, _port(port)
    return authority, None


def to_map(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """One value per name; repeats joined by a comma, as RFC 9110 section 5.3 allows."""
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields


def to_multi_map(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    """All values per name, in their order."""
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def spellings(name: str) -> Iterator[str]:
    """`name` in every mixture of cases, the plain one first.

    A map that allows one value per name carries several cookies under names that differ to it, and
    not to HTTP.
    """
    for letters in product(*[sorted({letter, letter.upper()}, reverse=True) for letter in name]):
        yield "".join(letters)


def _port(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 65536 else None
