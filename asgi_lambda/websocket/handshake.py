"""What of a handshake is kept, so that another environment can rebuild the scope from it.

Credentials stay out unless the store takes them: a table that holds cookies is one more that can
leak them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from asgi_lambda.asgi_types import Pair, WebSocketScope

_KEPT: Final = frozenset(
    {
        b"accept-language",
        b"host",
        b"origin",
        b"sec-websocket-extensions",
        b"sec-websocket-version",
        b"user-agent",
        b"x-forwarded-for",
        b"x-forwarded-port",
        b"x-forwarded-proto",
    }
)
# Browsers cannot set headers, so tokens travel in the query, and in the subprotocol.
_SUBPROTOCOL: Final = b"sec-websocket-protocol"
# A parameter with one of these in its name, or a value like a JSON Web Token, is a credential.
_SECRET_NAMES: Final = (
    b"auth",
    b"bearer",
    b"code",
    b"credential",
    b"jwt",
    b"key",
    b"pass",
    b"secret",
    b"session",
    b"sig",
    b"ticket",
    b"token",
)
_TOKEN_START: Final = b"eyJ"


def kept(scope: WebSocketScope, subprotocol: str | None, *, credentials: bool) -> dict[str, Any]:
    """What is kept of a scope, as JSON can hold it; subprotocol: the one that was accepted."""
    pairs, query = scope["headers"], scope["query_string"]
    offered = scope["subprotocols"]
    if not credentials:
        pairs = [pair for pair in pairs if pair[0] in _KEPT]
        query = b"&".join([each for each in query.split(b"&") if not _is_secret(each)])
        # Of those on offer only the accepted one is known to be no secret.
        offered = [] if subprotocol is None else [subprotocol]
        if subprotocol is not None:
            pairs.append((_SUBPROTOCOL, subprotocol.encode()))
    return {
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in pairs],
        "query": query.decode("latin-1"),
        "subprotocols": offered,
    }


def restore(scope: WebSocketScope, handshake: dict[str, Any]) -> None:
    """Give a scope what its own event has not."""
    pairs: list[Pair] = [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in handshake["headers"]
    ]
    scope["headers"] = pairs
    scope["query_string"] = handshake["query"].encode("latin-1")
    scope["subprotocols"] = list(handshake["subprotocols"])


def _is_secret(parameter: bytes) -> bool:
    name, _, value = parameter.lower().partition(b"=")
    return any(each in name for each in _SECRET_NAMES) or value.startswith(_TOKEN_START.lower())
