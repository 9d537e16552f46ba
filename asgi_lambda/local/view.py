"""Exchanges as the inspector shows them: plain values that fit into JSON, times in ms."""

from __future__ import annotations

import base64
import json
import traceback
from typing import TYPE_CHECKING, Any, Final

from asgi_lambda.local.replay import path_of

if TYPE_CHECKING:
    from asgi_lambda.local.exchange import Exchange

# Characters or bytes of a body that are shown; all of it is in the event's file.
_MOST: Final = 65_536


def summary(exchange: Exchange) -> dict[str, Any]:
    """The line of a list."""
    answer = exchange.answer
    return {
        "id": exchange.id,
        "source": exchange.source,
        "received": exchange.request.received,
        "method": exchange.request.method,
        "target": exchange.target,
        "status": answer.status if answer else None,
        "duration": _since(exchange, exchange.answered),
        "failed": exchange.error is not None,
        "refused": bool(exchange.reason),
        "running": exchange.invoked is not None and exchange.returned is None,
    }


def detail(exchange: Exchange) -> dict[str, Any]:
    """All there is to know."""
    request, answer = exchange.request, exchange.answer
    return {
        **summary(exchange),
        "path": path_of(exchange),
        "replays": exchange.replays,
        "reason": exchange.reason,
        "error": _traceback(exchange.error),
        "function": exchange.duration * 1000 if exchange.invoked is not None else None,
        "http_in": {
            "line": f"{request.method} {exchange.target}",
            "client": request.client,
            "headers": request.headers,
            "body": _bytes(request.body),
        },
        "event": _shown(exchange.event),
        "scope": None if exchange.scope is None else _scope(exchange.scope),
        "messages": [
            {
                "at": _since(exchange, moment),
                "direction": direction,
                "type": message.get("type"),
                "message": _shown(message),
            }
            for moment, direction, message in exchange.messages
        ],
        "response": _shown(exchange.response),
        "http_out": None
        if answer is None
        else {
            "line": f"{answer.status} {answer.reason}".rstrip(),
            "headers": answer.headers,
            "body": {**_bytes(answer.body), "size": answer.size},
        },
        "log": [
            {"at": _since(exchange, moment), "level": level, "text": text.rstrip("\n")}
            for moment, level, text in exchange.log
        ],
    }


def _since(exchange: Exchange, moment: float | None) -> float | None:
    return None if moment is None else (moment - exchange.arrived) * 1000


def _scope(scope: dict[str, Any]) -> Any:
    context = scope.get("aws.context")
    attributes = {name: value for name, value in vars(context).items() if name[0] != "_"}
    own = {"aws.event": "the event", "aws.context": attributes}
    return _shown({**scope, **own})


def _shown(value: Any) -> Any:
    """A value with bytes as text, what JSON does not know by name, and long texts cut."""
    if isinstance(value, dict):
        return {str(key): _shown(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(each) for each in value]
    if isinstance(value, bytes):
        return _shown(value.decode("utf-8", "backslashreplace"))
    if isinstance(value, str):
        rest = len(value) - _MOST
        return value if rest <= 0 else f"{value[:_MOST]}… and {rest} more"
    if value is None or isinstance(value, bool | int | float):
        return value
    return f"<{type(value).__module__}.{type(value).__qualname__}>"


def _bytes(body: bytes) -> dict[str, Any]:
    """A body: its size, and as much of it as is shown, as text where it is text."""
    head = body[:_MOST]
    try:
        text, encoding = head.decode(), "text"
    except UnicodeDecodeError as error:
        # A character may be cut in two at the end.
        if len(body) > _MOST and error.start > _MOST - 4:
            text, encoding = head[: error.start].decode(), "text"
        else:
            text, encoding = base64.b64encode(head).decode(), "base64"
    return {"size": len(body), "encoding": encoding, "text": text, "cut": len(body) > _MOST}


def _traceback(error: Exception | None) -> str | None:
    return None if error is None else "".join(traceback.format_exception(error))


def as_json(value: Any) -> bytes:
    """The JSON of a view."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
