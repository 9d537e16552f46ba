"""Who else runs ASGI applications: servers, and adapters to what other functions get.

Each runs an example in a process of its own, in the environment of the example, and is asked
through a transport of httpx.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import os
import shlex
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Protocol

import httpx

from scripts.example import CHECKOUT, EXAMPLES, environment
from tests.examples.running import Example, outside, running, session
from tests.examples.systems import requirement
from tests.frameworks.front_doors import FUNCTION_URL
from tests.parity.invoking import Transport

# All of them in one environment, which is made once for each example. Releases of azure-functions
# from 1.22 on want a Werkzeug that Lemon does not work with; what is used of them is the same.
PACKAGES: Final = (
    "uvicorn==0.54.0",
    "hypercorn[trio]==0.18.0",
    "daphne==4.2.3",
    "gunicorn==27.0.1",
    "uvicorn-worker==0.4.0",
    "mangum==0.22.0",
    "bonnette==0.1.1",
    "azure-functions==1.21.3",
    "legacy-cgi==2.6.4; python_version >= '3.13'",
)
HOST: Final = FUNCTION_URL.host
# Seconds: what a start or an answer may take on a busy machine.
PATIENCE: Final = 60
# A connection for each request: some servers close one after an error without saying so.
ONE_REQUEST: Final = httpx.Limits(max_keepalive_connections=0)


@dataclass
class Asked:
    """A peer that runs, and where requests go. log: what it wrote, once it has ended."""

    transport: httpx.BaseTransport
    url: str
    log: str = ""


class Peer(Protocol):
    """What runs an example."""

    @property
    def name(self) -> str:
        """As the tests call it."""

    @property
    def title(self) -> str:
        """As people call it."""

    def run(self, example: str, variables: Mapping[str, str]) -> AbstractContextManager[Asked]:
        """The example while it runs; one that does not start refuses requests."""


# Python 3.11 sometimes fails to parse in two threads at a time.
_PARSING: Final = threading.Lock()


def application(example: str) -> str:
    """The application of an example as servers want it: what its last statement adapts."""
    path = EXAMPLES / example / "app.py"
    with _PARSING:
        last = ast.parse(path.read_text()).body[-1]
    assert isinstance(last, ast.Assign)
    assert isinstance(last.value, ast.Call)
    return f"examples.{example}.app:{ast.unparse(last.value.args[0])}"


class Adapt:
    """`adapt`, behind a Function URL: what the others are compared with."""

    name = title = "asgi-lambda"

    @contextmanager
    def run(self, example: str, variables: Mapping[str, str]) -> Iterator[Asked]:
        with running(example, extra=PACKAGES, variables=variables) as handler:
            asked = Asked(Transport(handler), FUNCTION_URL.url)
            yield asked
            asked.log = handler.log()


@dataclass(frozen=True)
class Server:
    """A server. command: as one types it, with `{application}` and `{port}` to be filled in."""

    name: str
    title: str
    command: str

    @contextmanager
    def run(self, example: str, variables: Mapping[str, str]) -> Iterator[Asked]:
        port = free_port()
        with (
            tempfile.TemporaryFile("w+") as log,
            httpx.HTTPTransport(trust_env=False, limits=ONE_REQUEST) as transport,
            self._started(example, port, variables, log) as process,
        ):
            try:
                wait_for_port(process, port)
                asked = Asked(transport, f"http://127.0.0.1:{port}")
                yield asked
            finally:
                end(process)
            log.seek(0)
            asked.log = log.read()

    def _started(
        self, example: str, port: int, variables: Mapping[str, str], log: IO[str]
    ) -> subprocess.Popen[bytes]:
        command = self.command.format(application=application(example), port=port)
        program, *arguments = shlex.split(command)
        # All of them look for the application in the working directory; gunicorn would put a socket
        # for its console into the home folder.
        own = {"PYTHONPATH": "", "GUNICORN_CMD_ARGS": "--no-control-socket"}
        return subprocess.Popen(
            [str(environment(example, *PACKAGES).with_name(program)), *arguments],
            cwd=CHECKOUT,
            env=outside({**variables, **own}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def free_port() -> int:
    """A port of loopback that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(process: subprocess.Popen[bytes], port: int) -> None:
    """Return when somebody listens; requests to one that ended, or is too slow, are refused."""
    for _ in range(PATIENCE * 50):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
            return
        except ConnectionRefusedError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.02)
                return


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server as whoever deploys it does; what is left of it then goes by force."""
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class Function:
    """Another adapter, in a process that is asked as Lambda asks `adapt`."""

    def __init__(self, name: str, transport: Callable[[Example], httpx.BaseTransport]) -> None:
        self.name = name
        self.title = name.title()
        self.transport = transport

    @contextmanager
    def run(self, example: str, variables: Mapping[str, str]) -> Iterator[Asked]:
        file = Path(__file__).with_name(f"{self.name}_handler.py")
        arguments = [application(example), requirement(example), str(file)]
        with session(example, arguments, PACKAGES, variables) as handler:
            asked = Asked(self.transport(handler), FUNCTION_URL.url)
            yield asked
            asked.log = handler.log()


class Azure(httpx.BaseTransport):
    """Requests as Azure Functions hand them over: one value for each header and parameter."""

    def __init__(self, handler: Example) -> None:
        self.handler = handler

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self.handler(
            {
                "method": request.method,
                "url": str(request.url),
                "headers": dict(request.headers),
                "params": dict(request.url.params),
                "body": base64.b64encode(request.read()).decode(),
            }
        )
        content = base64.b64decode(response["body"])
        return httpx.Response(response["status"], headers=response["headers"], content=content)


ADAPT: Final = Adapt()
SERVERS: Final = (
    Server("uvicorn", "uvicorn", "uvicorn {application} --port {port}"),
    Server("hypercorn", "hypercorn", "hypercorn {application} --bind 127.0.0.1:{port}"),
    Server(
        "hypercorn-trio",
        "hypercorn on trio",
        "hypercorn {application} --bind 127.0.0.1:{port} -k trio",
    ),
    Server("daphne", "daphne", "daphne {application} -p {port}"),
    Server(
        "gunicorn",
        "gunicorn, uvicorn's worker",
        "gunicorn {application} -k uvicorn_worker.UvicornWorker -b 127.0.0.1:{port}",
    ),
)
PEERS: Final[tuple[Peer, ...]] = (
    *SERVERS,
    Function("mangum", lambda handler: Transport(handler)),
    Function("bonnette", Azure),
)
