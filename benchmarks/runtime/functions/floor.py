"""What no runtime client can be below: a socket, and an answer that is ready.

`python floor.py hello` answers a line of text; `large` encodes the large body for each answer, and
`large-streamed` sends it as it is.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Final

_RUNTIME: Final = "/2018-06-01/runtime/invocation"
_CONTENT: Final = bytes(range(256)) * (4_400_000 // 256)
_BEFORE: Final = b'{"statusCode":200,"headers":{},"isBase64Encoded":true,"body":"'
_PRELUDE: Final = b'{"statusCode":200}' + bytes(8)
_HELLO: Final = (
    b'{"statusCode":200,"headers":{"content-type":"text/plain; charset=utf-8"},'
    b'"isBase64Encoded":false,"body":"Hello from the application"}'
)


def main() -> None:
    """Serve until the connection ends."""
    host, _, port = os.environ["AWS_LAMBDA_RUNTIME_API"].partition(":")
    kind = sys.argv[1]
    connection = socket.create_connection((host, int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        connection.sendall(f"GET {_RUNTIME}/next HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        head = _reply(connection)
        if not head:
            return
        at = head.lower().index(b"lambda-runtime-aws-request-id:") + 30
        request_id = head[at : head.index(b"\r\n", at)].strip().decode()
        start = f"POST {_RUNTIME}/{request_id}/response HTTP/1.1\r\nHost: {host}\r\n"
        for part in _answer(kind, start.encode()):
            connection.sendall(part)
        _reply(connection)


def _answer(kind: str, start: bytes) -> list[bytes]:
    """The parts of a request, of which large ones are not copied."""
    if kind == "large-streamed":
        head = (
            b"%bLambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n"
            b"\r\n%x\r\n" % (start, len(_PRELUDE) + len(_CONTENT))
        )
        return [head + _PRELUDE, _CONTENT, b"\r\n0\r\n\r\n"]
    parts = [_HELLO]
    if kind == "large":
        from binascii import b2a_base64

        parts = [_BEFORE, b2a_base64(_CONTENT, newline=False), b'"}']
    head = b"%bContent-Length: %d\r\n\r\n%b" % (start, sum(map(len, parts)), parts[0])
    return [head, *parts[1:]]


def _reply(connection: socket.socket) -> bytes:
    """The head of a reply, whose body is read too; empty at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65_536)):
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    at = head.lower().index(b"content-length:") + 15
    length = int(head[at:].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += connection.recv(65_536)
    return head


if __name__ == "__main__":
    main()
