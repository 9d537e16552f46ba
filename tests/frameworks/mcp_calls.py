"""A program: an MCP server of the installed major version, called three times over; prints JSON.

A program of its own, because the two major versions cannot be imported in one process.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import logging
import sys
from typing import Any

import httpx

from asgi_lambda import adapt
from tests.frameworks import front_doors
from tests.frameworks.front_doors import FRONT_DOORS

_VERSION = "2025-06-18"
_HEADERS = {
    "accept": "application/json, text/event-stream",
    "content-type": "application/json",
    "mcp-protocol-version": _VERSION,
}
_INITIALIZE = {
    "protocolVersion": _VERSION,
    "capabilities": {},
    "clientInfo": {"name": "tests", "version": "1"},
}


def application(*, json_response: bool) -> Any:
    """A server with one tool, stateless, since the next call may reach another environment."""
    # With a local host it would refuse every request that does not name that host.
    options = {"stateless_http": True, "json_response": json_response, "host": "0.0.0.0"}
    if importlib.metadata.version("mcp").startswith("1."):
        server = importlib.import_module("mcp.server.fastmcp").FastMCP("adder", **options)
        options = {}
    else:
        server = importlib.import_module("mcp.server.mcpserver").MCPServer("adder")

    @server.tool()  # type: ignore[untyped-decorator]
    def add(a: int, b: int) -> int:
        """The sum."""
        return a + b

    return server.streamable_http_app(**options)


def call(client: httpx.Client, number: int, method: str, parameters: dict[str, Any]) -> list[Any]:
    """Status and result of one JSON-RPC call."""
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
    answer = client.post("/mcp", json=message, headers=_HEADERS)
    text = answer.text
    if answer.headers["content-type"].startswith("text/event-stream"):
        text = next(line for line in text.splitlines() if line.startswith('data: {"'))[6:]
    return [answer.status_code, json.loads(text).get("result")]


def session(client: httpx.Client, number: int) -> dict[str, Any]:
    """What a client does first: initialize, list the tools, call one."""
    initialized = call(client, 1, "initialize", _INITIALIZE)
    notification = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    notified = client.post("/mcp", json=notification, headers=_HEADERS).status_code
    listed = call(client, 2, "tools/list", {})
    called = call(client, 3, "tools/call", {"name": "add", "arguments": {"a": number, "b": 1}})
    return {
        "statuses": [initialized[0], notified, listed[0], called[0]],
        "server": initialized[1]["serverInfo"]["name"],
        "tools": [tool["name"] for tool in listed[1]["tools"]],
        "result": called[1]["content"][0]["text"],
    }


def main() -> None:
    complaints: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            complaints.append(record.getMessage())

    logging.getLogger("asgi_lambda").addHandler(Collect(logging.WARNING))
    sessions: dict[str, Any] = {}
    for door in FRONT_DOORS:
        for kind in ("json", "sse"):
            app = application(json_response=kind == "json")
            handler = adapt(app, lifespan="on", **door.options)
            with front_doors.client(handler=handler, door=door) as client:
                sessions[f"{door.name} {kind}"] = [session(client, number) for number in range(3)]
            handler.shutdown()
    version = importlib.metadata.version("mcp")
    json.dump({"version": version, "sessions": sessions, "complaints": complaints}, sys.stdout)


if __name__ == "__main__":
    main()
