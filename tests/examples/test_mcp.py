"""The MCP server, as it stands, behind each front door."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.examples.on_runtime import STREAMED, Stream, event, served

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

    tool, _ = call(client=client, method="tools/list", parameters={})["tools"]
    assert tool["inputSchema"]["required"] == ["x", "y"]


def test_tool_that_takes_its_time_is_answered_whole(client: httpx.Client) -> None:
    result = call(client=client, method="tools/call", parameters=half_circle(2))

    assert result["structuredContent"]["result"] == pytest.approx(3.1326, abs=1e-4)


def half_circle(steps: int) -> dict[str, Any]:
    """The parameters of a call that wants to know how far it is."""
    arguments = {"name": "half_circle", "arguments": {"steps": steps}}
    return {**arguments, "_meta": {"progressToken": "mine"}}


@pytest.mark.parametrize("source", ["function-url", "rest-api"])
def test_progress_arrives_while_the_tool_works(source: str) -> None:
    message = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": half_circle(3)}
    headers = tuple({**HEADERS, "content-type": "application/json"}.items())
    body = json.dumps(message).encode()
    sent = event("/mcp", source=source, method="POST", headers=headers, body=body)
    with served(EXAMPLE, **STREAMED) as (api, _):
        stream = Stream(api.invoke(sent))

    assert stream.prelude["statusCode"] == 200
    assert "text/event-stream" in str(stream.prelude)
    *notified, last = [
        json.loads(data) for data in re.findall(r"^data: (.+?)\r?$", stream.body.decode(), re.M)
    ]
    steps = [(each["method"], each["params"]["progress"]) for each in notified]
    assert steps == [("notifications/progress", step) for step in (1, 2, 3)]
    assert last["result"]["structuredContent"]["result"] == pytest.approx(3.1394, abs=1e-4)
    arrived = [part.at for part in stream.parts if b"notifications/progress" in part.content]
    assert len(arrived) == 3
    assert all(later - earlier > 0.15 for earlier, later in pairwise(arrived))


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
