"""An MCP server: a tool with typed arguments, a resource and a prompt, for any MCP client at /mcp.

What to know: say `stateless_http=True`, since the next call may reach another execution environment
that knows of no session, and `json_response=True`, since Lambda takes a response whole. With
`host="0.0.0.0"` the server does not insist on the host being localhost. Nobody signs in here: the
front door, or middleware around the application, decides who may call.
"""

import math

from mcp.server import MCPServer

from asgi_lambda import adapt

server = MCPServer("geometry", instructions="Lengths are in metres.")


@server.tool()
def distance(x: float, y: float) -> float:
    """The distance of a point from the origin."""
    return math.hypot(x, y)


@server.resource("figures://names")
def names() -> str:
    """The figures this server knows."""
    return "circle, square"


@server.prompt()
def explain(figure: str) -> str:
    """Ask for an explanation of a figure."""
    return f"Explain a {figure} to a child."


app = server.streamable_http_app(stateless_http=True, json_response=True, host="0.0.0.0")

handler = adapt(app)
