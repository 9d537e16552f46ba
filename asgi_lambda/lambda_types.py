"""The shape of what Lambda hands in and takes back.

Imported under TYPE_CHECKING only, so it costs nothing at run time.
Source: the Lambda, API Gateway and Elastic Load Balancing guides, as each source module cites them.
"""

from typing import Any, NotRequired, Protocol, TypedDict

# An event is what the client and AWS made of it: any key may be missing, null or of another type,
# which is why the sources narrow it themselves.
Event = dict[str, Any]


class LambdaContext(Protocol):
    """The part of Lambda's context object that this package reads.

    Source: the Lambda guide, "Using the Lambda context object to retrieve Python function
    information".
    """

    @property
    def aws_request_id(self) -> str: ...

    def get_remaining_time_in_millis(self) -> int: ...


class ResponseV1(TypedDict):
    """What a REST API, and an HTTP API with payload format 1.0, accept."""

    statusCode: int
    headers: dict[str, str]
    multiValueHeaders: dict[str, list[str]]
    body: str
    isBase64Encoded: bool


class ResponseV2(TypedDict):
    """What an HTTP API with payload format 2.0, and a Function URL, accept."""

    statusCode: int
    headers: dict[str, str]
    cookies: NotRequired[list[str]]
    body: str
    isBase64Encoded: bool


class ResponseALB(TypedDict):
    """What an ALB accepts from a target group without multi-value headers."""

    statusCode: int
    statusDescription: str
    headers: dict[str, str]
    body: str
    isBase64Encoded: bool


class ResponseALBMultiValue(TypedDict):
    """What an ALB accepts from a target group with multi-value headers."""

    statusCode: int
    statusDescription: str
    multiValueHeaders: dict[str, list[str]]
    body: str
    isBase64Encoded: bool


class ResponseWebSocket(TypedDict):
    """What a WebSocket API accepts; `headers` and what follows for a handshake only."""

    statusCode: int
    headers: NotRequired[dict[str, str]]
    multiValueHeaders: NotRequired[dict[str, list[str]]]
    body: NotRequired[str]
    isBase64Encoded: NotRequired[bool]


Response = ResponseV1 | ResponseV2 | ResponseALB | ResponseALBMultiValue
