"""What a front door answers by itself, where no response of the function can be passed on.

Source: API Gateway guide, "Gateway response types"; Elastic Load Balancing guide, "Troubleshoot
your Application Load Balancers"; recordings of real answers. The text of a Function URL's 413 was
seen in one report. Which status API Gateway has for too many headers is told nowhere: 431 is what
HTTP has for it. That Lambda's 429 becomes a 500 behind a REST API is in several reports; what HTTP
APIs and ALBs make of it is told nowhere, and is what they answer to other failures of Lambda.
"""

from __future__ import annotations

import json
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from asgi_lambda.local.answer import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping


class Cause(Enum):
    """Why the function's response does not reach the client."""

    FAILED = "the function failed, or its response is malformed"
    BASE64 = "the body of its response is no base64"
    PATIENCE = "the front door waits no longer"
    BODY = "the request body is larger than the front door takes"
    PAYLOAD = "the event is larger than Lambda takes"
    HEADERS = "the request headers are larger than the front door takes"
    ELSEWHERE = "no stage or base path is there"
    ROUTE = "no route of the API takes it"
    THROTTLED = "Lambda does not take the invocation"


class Refused(Exception):
    """The front door answers by itself, because of `cause`; the text says more."""

    def __init__(self, cause: Cause, message: str) -> None:
        super().__init__(message)
        self.cause = cause


_REST: Final[Mapping[Cause, tuple[int, object]]] = {
    Cause.FAILED: (502, {"message": "Internal server error"}),
    Cause.BASE64: (500, {"message": "Internal server error"}),
    Cause.PATIENCE: (504, {"message": "Endpoint request timed out"}),
    Cause.BODY: (413, "HTTP content length exceeded 10485760 bytes."),
    Cause.PAYLOAD: (413, {"message": "Request Too Long"}),
    Cause.HEADERS: (431, {"message": "Request Header Fields Too Large"}),
    Cause.ELSEWHERE: (403, {"message": "Forbidden"}),
    Cause.ROUTE: (403, {"message": "Missing Authentication Token"}),
    Cause.THROTTLED: (500, {"message": "Internal server error"}),
}
_HTTP: Final[Mapping[Cause, tuple[int, object]]] = {
    Cause.FAILED: (500, {"message": "Internal Server Error"}),
    Cause.BASE64: (500, {"message": "Internal Server Error"}),
    Cause.PATIENCE: (503, {"message": "Service Unavailable"}),
    Cause.BODY: (413, {"message": "Request Entity Too Large"}),
    Cause.PAYLOAD: (413, {"message": "Request Entity Too Large"}),
    Cause.HEADERS: (431, {"message": "Request Header Fields Too Large"}),
    Cause.ELSEWHERE: (404, {"message": "Not Found"}),
    Cause.ROUTE: (404, {"message": "Not Found"}),
    Cause.THROTTLED: (503, {"message": "Service Unavailable"}),
}
_TOO_LARGE: Final = "Request must be smaller than 6291456 bytes for the InvokeFunction operation"
_URL: Final[Mapping[Cause, tuple[int, object]]] = {
    Cause.FAILED: (502, "Internal Server Error"),
    Cause.BASE64: (502, "Internal Server Error"),
    Cause.BODY: (413, {"Message": _TOO_LARGE}),
    Cause.PAYLOAD: (413, {"Message": _TOO_LARGE}),
    Cause.THROTTLED: (429, {"message": "Rate Exceeded."}),
}
_ALB: Final = {
    Cause.FAILED: 502,
    Cause.BASE64: 502,
    Cause.BODY: 413,
    Cause.PAYLOAD: 413,
    Cause.HEADERS: 400,
    Cause.THROTTLED: 502,
}


def refuse(source: str, cause: Cause) -> Answer:
    """The answer of the front door of this name.

    Raises KeyError for a cause that does not occur there.
    """
    if source.startswith("alb"):
        return _page(_ALB[cause])
    answers = {"rest-api": _REST, "function-url": _URL}.get(source, _HTTP)
    status, content = answers[cause]
    media_type = "application/json"
    if cause is Cause.BODY and source == "rest-api":  # not API Gateway itself, by its looks
        media_type = "text; charset=utf-8"
    if isinstance(content, str):
        text = content
    else:
        # A REST API writes a space behind the colon, an HTTP API none.
        text = json.dumps(content, separators=(",", ": " if source == "rest-api" else ":"))
    return _answer(status, media_type, text)


def _page(status: int) -> Answer:
    title = f"{status} {HTTPStatus(status).phrase}"
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        title = "413 Request Entity Too Large"  # Python 3.13 has a newer phrase
    lines = [
        "<html>",
        f"<head><title>{title}</title></head>",
        "<body>",
        f"<center><h1>{title}</h1></center>",
        "</body>",
        "</html>",
        "",
    ]
    answer = _answer(status, "text/html", "\r\n".join(lines))
    answer.headers.append(("server", "awselb/2.0"))
    return answer


def _answer(status: int, media_type: str, text: str) -> Answer:
    body = text.encode()
    headers = [("content-type", media_type), ("content-length", str(len(body)))]
    return Answer(status, headers, body)
