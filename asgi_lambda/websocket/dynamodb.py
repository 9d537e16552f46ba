"""Connections in a DynamoDB table, for many execution environments.

boto3 is imported at the first call. The table has the partition key `connection_id`, a string, and
`expires` as its time to live; an item has `handshake` and `data`, both JSON, and `version`.
"""

from __future__ import annotations

import json
import threading
import time
from typing import Any, Final

from asgi_lambda.websocket.store import LIFETIME, Record

_KEY: Final = "connection_id"
_SECONDS_TO_CONNECT: Final = 2
_SECONDS_TO_ANSWER: Final = 3


class DynamoDBStore:
    """A store in the table of this name.

    client: one of boto3 for DynamoDB, to be used instead of a new one. The role of the function
    needs dynamodb:PutItem, GetItem, UpdateItem and DeleteItem on the table.
    """

    def __init__(self, table: str, *, store_credentials: bool = False, client: Any = None) -> None:
        self._table = table
        self._store_credentials = store_credentials
        self._made = client
        self._making = threading.Lock()

    @property
    def store_credentials(self) -> bool:
        return self._store_credentials

    def create(self, connection_id: str, record: Record) -> None:
        item = {
            _KEY: {"S": connection_id},
            "handshake": {"S": json.dumps(record.handshake)},
            "data": {"S": json.dumps(record.data)},
            "version": {"N": str(record.version)},
            "expires": {"N": str(int(time.time() + LIFETIME))},
        }
        self._client().put_item(TableName=self._table, Item=item)

    def load(self, connection_id: str) -> Record | None:
        # The handshake may have been answered, and the item written, a moment ago.
        answer = self._client().get_item(
            TableName=self._table, Key={_KEY: {"S": connection_id}}, ConsistentRead=True
        )
        item = answer.get("Item")
        # DynamoDB removes what has expired within days, not at once.
        if item is None or int(item["expires"]["N"]) <= time.time():
            return None
        return Record(
            json.loads(item["handshake"]["S"]),
            json.loads(item["data"]["S"]),
            int(item["version"]["N"]),
        )

    def save(self, connection_id: str, data: dict[str, Any], version: int) -> bool:
        client = self._client()
        try:
            client.update_item(
                TableName=self._table,
                Key={_KEY: {"S": connection_id}},
                UpdateExpression="SET #data = :data, #version = :next",
                # An item that is gone has no version, and is not to come back.
                ConditionExpression="#version = :version",
                ExpressionAttributeNames={"#data": "data", "#version": "version"},
                ExpressionAttributeValues={
                    ":data": {"S": json.dumps(data)},
                    ":version": {"N": str(version)},
                    ":next": {"N": str(version + 1)},
                },
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def delete(self, connection_id: str) -> None:
        self._client().delete_item(TableName=self._table, Key={_KEY: {"S": connection_id}})

    def _client(self) -> Any:
        if self._made is None:
            with self._making:
                self._made = self._made or _make()
        return self._made


def _make() -> Any:
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=_SECONDS_TO_CONNECT,
        read_timeout=_SECONDS_TO_ANSWER,
        retries={"mode": "standard", "total_max_attempts": 3},
    )
    # A session of our own: the default one is not safe to be used from several threads.
    return boto3.session.Session().client("dynamodb", config=config)
