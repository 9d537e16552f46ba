"""The MCP server, as it stands, behind each front door."""

from __future__ import annotations

from typing import Any

import httpx

EXAMPLE = "mcp"

VERSION = "2025-06-18"
HEADERS = {"accept": "application/json, text/event-stream", "mcp-protocol-version": VERSION}


def call(*, client: httpx.Client, method: str, parameters: dict[str, Any]) -> Any:
    """The result of a JSON-RPC call."""
    message = {"jsonrpc": "2.0", "id": 7, "method": method, "params": parameters}
    answer = client.post("/mcp", json=message, headers=HEADERS)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["id"] == 7
    return body.get("result", body.get("error"))


def test_each_of_three_sessions_is_served(client: httpx.Client) -> None:
    for _ in range(3):
        who = {"name": "tests", "version": "1"}
        hello = {"protocolVersion": VERSION, "capabilities": {}, "clientInfo": who}
        result = call(client=client, method="initialize", parameters=hello)
        assert result["serverInfo"]["name"] == "geometry"
        assert result["instructions"] == "Lengths are in metres."
        initialized = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert client.post("/mcp", json=initialized, headers=HEADERS).status_code == 202


def test_tool(client: httpx.Client) -> None:
    for y, expected in ((4, 5.0), (0, 3.0), (-4, 5.0)):
        arguments = {"name": "distance", "arguments": {"x": 3, "y": y}}
        result = call(client=client, method="tools/call", parameters=arguments)
        assert result["structuredContent"] == {"result": expected}

    [tool] = call(client=client, method="tools/list", parameters={})["tools"]
    assert tool["inputSchema"]["required"] == ["x", "y"]


def test_wrong_argument_is_answered(client: httpx.Client) -> None:
    arguments = {"name": "distance", "arguments": {"x": "far"}}
    result = call(client=client, method="tools/call", parameters=arguments)

    assert result["isError"] is True
    assert call(client=client, method="tools/list", parameters={})["tools"]


def test_resource_and_prompt(client: httpx.Client) -> None:
    asked = {"uri": "figures://names"}
    [content] = call(client=client, method="resources/read", parameters=asked)["contents"]
    assert (content["uri"], content["text"]) == ("figures://names", "circle, square")

    asked_prompt = {"name": "explain", "arguments": {"figure": "circle"}}
    [message] = call(client=client, method="prompts/get", parameters=asked_prompt)["messages"]
    assert message["content"]["text"] == "Explain a circle to a child."


def test_other_paths_are_absent(client: httpx.Client) -> None:
    assert client.get("/").status_code == 404
