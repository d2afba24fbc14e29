# SPDX-License-Identifier: Apache-2.0
"""An MCP server of the official SDK: `mcp_server.py PORT events|json`. Runs in venv/functions."""

import sys

from mcp.server import MCPServer

server = MCPServer("shelf")


@server.tool()
def find_book(title: str = "Emma", shelf: int = 1) -> str:
    """Where a book is."""
    return f"{title} is on shelf {shelf}."


@server.tool()
def lose_book() -> str:
    """Always fails."""
    raise ValueError("it is gone")


if __name__ == "__main__":
    server.run("streamable-http", port=int(sys.argv[1]), json_response=sys.argv[2] == "json")
