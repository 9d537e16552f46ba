"""An MCP server: a tool with typed arguments, a resource and a prompt, for any MCP client at /mcp.

What to know: say `stateless_http=True`, since the next call may reach another execution environment
that knows of no session. Say `json_response=True` where Lambda takes a response whole. Where
asgi-lambda's own runtime streams do not: there a client sees the progress of a tool while it works.
With `host="0.0.0.0"` the server does not insist on the host being localhost. Nobody signs in here:
the front door, or middleware around the application, decides who may call.
"""

import math
import os

import anyio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context

from asgi_lambda import adapt

STREAMS = os.environ.get("ASGI_LAMBDA_INVOKE_MODE") == "RESPONSE_STREAM"
# Seconds for each step of a tool that takes its time.
PAUSE = 0.2

server = MCPServer("geometry", instructions="Lengths are in metres.")


@server.tool()
def distance(x: float, y: float) -> float:
    """The distance of a point from the origin."""
    return math.hypot(x, y)


@server.tool()
async def half_circle(steps: int, context: Context) -> float:
    """The length of half a circle with a radius of 1 m, by polygons, each with twice the sides."""
    sides, side = 6, 1.0
    for step in range(1, min(steps, 10) + 1):
        await anyio.sleep(PAUSE)
        sides, side = sides * 2, side / math.sqrt(2 + math.sqrt(4 - side * side))
        await context.report_progress(step, min(steps, 10))
    return sides * side / 2


@server.resource("figures://names")
def names() -> str:
    """The figures this server knows."""
    return "circle, square"


@server.prompt()
def explain(figure: str) -> str:
    """Ask for an explanation of a figure."""
    return f"Explain a {figure} to a child."


app = server.streamable_http_app(stateless_http=True, json_response=not STREAMS, host="0.0.0.0")

handler = adapt(app)
