"""Several processes that share the invocations, for applications that need the CPU.

They are forked before anything of the function is there. The process that Lambda has started leads
them: it alone speaks for all at the start and at the end. The two ends of a socket know whether the
other is there.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from typing import Any, Final

from asgi_lambda.errors import ConfigurationError
from asgi_lambda.runtime.errors import Failure
from asgi_lambda.runtime.marshal import to_json
from asgi_lambda.runtime.settings import Settings

logger = logging.getLogger("asgi_lambda")

# Where the output of a process that Lambda has not started itself is to go.
# Source: AWS's Python runtime client.
_OUTPUT: Final = "_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET"
# Seconds from the signal to end until they are killed; what Lambda leaves is less.
_PATIENCE: Final = 1.0
_END_OF_LINE: Final = b"\n"


class Worker:
    """This process, one of several, as it speaks to the one that leads.

    share: how many invocations it is to ask for at once.
    """

    def __init__(self, share: int, leader: socket.socket) -> None:
        self.share = share
        self._leader = leader
        self._go = threading.Event()
        # A thread, so that the end of the leader is heard whatever else goes on here.
        threading.Thread(target=self._listen, name="asgi-lambda-leader", daemon=True).start()

    def ready(self) -> None:
        """Tell that the function is there, and wait until it is in all processes."""
        self._say(None)

    def fail(self, error: BaseException) -> int:
        """Have the leader log and report why the function cannot be served; the exit status."""
        self._say(Failure(error).result)
        return 1

    def _say(self, what: Any) -> None:
        with suppress(OSError):  # the leader is gone, which the thread hears
            self._leader.sendall(to_json(what).encode() + _END_OF_LINE)
        self._go.wait()

    def _listen(self) -> None:
        with suppress(OSError):  # the leader is gone, and has not read what was said
            while self._leader.recv(1):
                self._go.set()
        logger.critical("There is nobody to serve any more: the leading process is gone")
        # Not sys.exit: this is not the main thread, which may be busy for long.
        logging.shutdown()
        os._exit(1)


class Team:
    """The workers, as the process that leads sees them.

    status: the exit status, once `lead` has returned. failure: what the function's initialisation
    failed with, if it did.
    """

    def __init__(self, sockets: dict[int, socket.socket]) -> None:
        """sockets: by process."""
        self.status = 0
        self.failure: dict[str, Any] | None = None
        self._sockets = sockets
        self._running = set(sockets)
        self._ready = 0
        self._stopping = False

    async def lead(self) -> None:
        """Let the workers begin when all are ready, and end with the first one that ends."""
        loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        loop.add_signal_handler(signal.SIGCHLD, self._look)
        self._look()  # as one may have ended before that
        hearing = [loop.create_task(self._hear(pid)) for pid in self._sockets]
        await self._over.wait()
        for task in hearing:
            task.cancel()

    async def _hear(self, pid: int) -> None:
        """Take what a worker has to say of its initialisation."""
        loop, said = asyncio.get_running_loop(), b""
        while not said.endswith(_END_OF_LINE):
            piece = await loop.sock_recv(self._sockets[pid], 65_536)
            if not piece:  # its end is seen elsewhere
                return
            said += piece
        failure = json.loads(said)
        if failure is None:
            self._ready += 1
            if self._ready == len(self._sockets):
                self._go(*self._sockets)
        elif self.failure is None:
            self.failure = failure
            self.status = 1
            self._go(pid)
            self._stop(besides=pid)

    def _go(self, *pids: int) -> None:
        for pid in pids:
            with suppress(OSError):  # it may have ended just now
                self._sockets[pid].send(b".")

    def _look(self) -> None:
        """See which workers have ended."""
        for pid in tuple(self._running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._running.discard(pid)
                self._on_end(os.waitstatus_to_exitcode(status))

    def _on_end(self, status: int) -> None:
        if status < 0:  # a signal, as shells tell it
            status = 128 - status
        if not self._stopping:
            logger.critical("A worker process ended with status %d, and so do all", status)
            self._stop()
        self.status = self.status or status
        if not self._running:
            self._over.set()

    def _stop(self, besides: int | None = None) -> None:
        """End them all; one that ends by itself need not be told so."""
        if not self._stopping:
            self._stopping = True
            self._send(signal.SIGTERM, besides)
            asyncio.get_running_loop().call_later(_PATIENCE, self._send, signal.SIGKILL)

    def _send(self, number: int, besides: int | None = None) -> None:
        # None of them is another process by now, as we have not waited for it.
        for pid in self._running - {besides}:
            os.kill(pid, number)


def fork() -> tuple[Team | None, Worker | None]:
    """Start the workers that the environment asks for: what they are to this process.

    Neither where it stays the only one. So it does where a setting is wrong, which is told later.
    """
    try:
        shares = Settings().shares
    except ConfigurationError:
        return None, None
    if len(shares) == 1:
        return None, None
    sockets: dict[int, socket.socket] = {}
    worker: Worker | None = None
    while worker is None and len(sockets) < len(shares):
        pair = socket.socketpair()
        pid = os.fork()
        worker = _divide(pid, pair, shares[len(sockets)], sockets)
    return (Team(sockets), None) if worker is None else (None, worker)


def _divide(
    pid: int,
    pair: tuple[socket.socket, socket.socket],
    share: int,
    sockets: dict[int, socket.socket],
) -> Worker | None:
    """What this process is after a fork, if it is the new one; of the pair each keeps one.

    sockets: those of the one that leads.
    """
    ours, theirs = pair
    if pid:
        theirs.close()
        ours.setblocking(False)
        sockets[pid] = ours
        return None
    # Else the others would not hear of the leader's end.
    for each in (ours, *sockets.values()):
        each.close()
    _redirect_output()
    return Worker(share, theirs)


def _redirect_output() -> None:
    path = os.environ.get(_OUTPUT)
    if not path:
        return
    for stream in (sys.stdout, sys.stderr):
        with socket.socket(socket.AF_UNIX) as output:
            output.connect(path)
            os.dup2(output.fileno(), stream.fileno())
