"""What an event that has no source seems to be, and what would accept it; imported for errors only.

Source: the event samples of the Lambda guide and of the services named here.
"""

from __future__ import annotations

from typing import Any, Final

_MOST_KEYS: Final = 30

# The service by a top-level key, or by a key inside `requestContext`, that only its events have.
_BY_CONTEXT: Final = {
    "connectionId": "a WebSocket API of API Gateway",
    "serviceNetworkArn": "VPC Lattice",
    "serviceArn": "VPC Lattice",
}
_BY_KEY: Final = {
    "DurableExecutionArn": "a durable function",
    "CheckpointToken": "a durable function",
    "methodArn": "a Lambda authorizer",
    "routeArn": "a Lambda authorizer",
    "raw_path": "VPC Lattice",
    "detail-type": "EventBridge or a schedule",
    "awslogs": "CloudWatch Logs",
    "triggerSource": "Cognito",
    "ResponseURL": "CloudFormation",
    "getObjectContext": "S3 Object Lambda",
    "deliveryStreamArn": "Data Firehose",
    "actionGroup": "an agent of Bedrock",
    "eventSource": "a Kafka or MQ broker",
    "requestContext": "an HTTP front door",
    "httpMethod": "an HTTP front door",
    "rawPath": "an HTTP front door",
}
_BY_RECORD: Final = {
    "aws:sqs": "SQS",
    "aws:sns": "SNS",
    "aws:s3": "S3",
    "aws:dynamodb": "a DynamoDB stream",
    "aws:kinesis": "Kinesis",
    "aws:ses": "SES",
}


def describe(event: Any) -> str:
    """The keys of the event, never their values, what it looks like, and what would accept it."""
    if not isinstance(event, dict):
        return (
            f"expected an event that is an object, got {type(event).__name__}; "
            "pass on_event=... to adapt to take it"
        )
    keys = ", ".join(repr(str(key)) for key in list(event)[:_MOST_KEYS])
    origin, remedy = _origin(event)
    return (
        f"expected an HTTP request, got an event with the keys [{keys}], as from {origin}; {remedy}"
    )


def _origin(event: dict[str, Any]) -> tuple[str, str]:
    context = event.get("requestContext")
    for key, service in _BY_CONTEXT.items():
        if isinstance(context, dict) and key in context:
            return service, _ANOTHER_SOURCE
    for key, service in _BY_KEY.items():
        if key in event:
            return service, _remedy(service)
    record = _first_record(event)
    if "cf" in record:
        return "CloudFront (Lambda@Edge)", _ANOTHER_SOURCE
    source = str(record.get("eventSource", record.get("EventSource", "")))
    return _BY_RECORD.get(source, "a direct invocation"), _ON_EVENT


_ANOTHER_SOURCE: Final = "no argument of adapt accepts it yet; sources=... is reserved for it"
_ON_EVENT: Final = "pass on_event=... to adapt to take events that are no HTTP request"


def _remedy(service: str) -> str:
    if service == "a durable function":
        return "its protocol is another, and no argument of adapt accepts it"
    return _ANOTHER_SOURCE if service in ("VPC Lattice", "an HTTP front door") else _ON_EVENT


def _first_record(event: dict[str, Any]) -> dict[str, Any]:
    records = event.get("Records")
    first = records[0] if isinstance(records, list) and records else None
    return first if isinstance(first, dict) else {}
