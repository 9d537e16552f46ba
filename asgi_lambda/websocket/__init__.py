"""WebSocket connections: kept between events, rebuilt from a store, written to by HTTP calls.

Imported at the first event of a WebSocket API, or for a store.
"""

from asgi_lambda.websocket.dynamodb import DynamoDBStore
from asgi_lambda.websocket.extension import ConnectionExtension
from asgi_lambda.websocket.store import ConnectionStore, MemoryStore, Record

__all__ = ["ConnectionExtension", "ConnectionStore", "DynamoDBStore", "MemoryStore", "Record"]
