"""Every command, as a program for what users type and in this process for the rest."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from asgi_lambda import __version__
from asgi_lambda.cli import main

ROOT: Final = Path(__file__).parent.parent
HELLO: Final = "examples.hello.app:handler"

# Each application in it answers with what it was asked, or fails in the way its name says.
MODULE: Final = """
import functools
import json
import sys

from asgi_lambda import adapt

print("imported")
log = []


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            step = (await receive())["type"]
            log.append(step)
            print(step)
            await send({"type": step + ".complete"})
            if step == "lifespan.shutdown":
                return
    log.append("request")
    print("requested")
    body = (await receive())["body"]
    headers = [(b"content-type", b"application/octet-stream"), (b"set-cookie", b"a=1")]
    headers += [(b"set-cookie", b"b=2"), (b"x-method", scope["method"].encode())]
    headers += [(b"x-path", scope["raw_path"]), (b"x-query", scope["query_string"])]
    headers += [(b"x-root", scope["root_path"].encode())]
    headers += [(b"x-sent-" + name, value) for name, value in scope["headers"]]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": body})


handler = adapt(app)


@functools.wraps(handler)
def decorated(event, context):
    log.append("decorated")
    return handler(event, context)


async def failing_app(scope, receive, send):
    raise RuntimeError("failed on purpose")


failing = adapt(failing_app)


async def no_startup(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})


def function(event, context):
    return {"statusCode": 200, "body": json.dumps([sorted(event), context.function_name])}


def remaining(event, context):
    return context.get_remaining_time_in_millis()


def raises(event, context):
    raise ValueError("raised on purpose")


def malformed(event, context):
    return {"statusCode": "none"}


def queue(event, context):
    return {"batchItemFailures": [], "got": event}


def exits(event, context):
    sys.exit(7)
"""


@pytest.fixture
def target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[str]:
    """The name of MODULE, which is in the working directory."""
    name = f"application_{abs(hash(request.node.nodeid))}"
    (tmp_path / f"{name}.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield name
    sys.modules.pop(name, None)


Run = Callable[..., tuple[int, bytes, str]]


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Exit status, stdout and stderr of a command, given its arguments and what is on stdin."""

    def call(*arguments: str, stdin: bytes = b"") -> tuple[int, bytes, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfdbinary.readouterr()
        try:
            status = main(arguments)
        except SystemExit as exit:
            status = exit.code if isinstance(exit.code, int) else 0
        out, err = capfdbinary.readouterr()
        return status, out, err.decode()

    return call


def split(output: bytes) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status line, headers and body."""
    head, _, body = output.partition(b"\n\n")
    status, *lines = head.decode().split("\n")
    return (
        status,
        [(name, value) for name, _, value in (line.partition(": ") for line in lines)],
        body,
    )


def program(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command line as a process of its own, in the checkout."""
    return subprocess.run(
        [sys.executable, "-m", "asgi_lambda", *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )


def test_program_invokes() -> None:
    done = program("invoke", HELLO, "/some/path?x=1")
    assert done.returncode == 0
    assert done.stderr == b""
    status, headers, body = split(done.stdout)
    assert status == "HTTP/1.1 200 OK"
    assert ("content-length", str(len(body))) in headers
    assert b"/some/path" in body


def test_program_explains_what_it_prints() -> None:
    event = program("event", "/a?b=c", "--source", "alb")
    assert event.returncode == 0
    assert json.loads(event.stdout)["queryStringParameters"] == {"b": "c"}
    done = program("explain", "-", stdin=event.stdout)
    assert done.returncode == 0
    assert done.stdout.startswith(b"source: alb, since requestContext.elb")


def test_program_fails() -> None:
    assert program("invoke", "no.such.module:app").returncode == 2
    assert program("explain", "-", stdin=b'{"rawPath": "/"}').returncode == 1


def test_program_needs_nothing_installed() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('starlette', 'httpx', 'anyio')))\n"
        f"from asgi_lambda.cli import main; sys.exit(main(['invoke', {HELLO!r}]))"
    )
    # -I and -S: neither site-packages nor the environment.
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}",
        ],
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"HTTP/1.1 200 OK\n")


@pytest.mark.parametrize(
    ("source", "prefix"),
    [
        ("http-api", ""),
        ("http-api-v1", ""),
        ("rest-api", "/prod"),
        ("function-url", ""),
        ("alb", ""),
        ("alb-multi-value", ""),
    ],
)
def test_invoke_through_each_source(run: Run, target: str, source: str, prefix: str) -> None:
    status, out, _ = run("invoke", f"{target}:handler", "/a%20b?c=d", "--source", source)
    line, headers, body = split(out)
    assert (status, line, body) == (0, "HTTP/1.1 201 Created", b"")
    assert [value for name, value in headers if name == "x-path"] == [f"{prefix}/a%20b"]
    assert ("x-query", "c=d") in headers
    assert ("x-method", "GET") in headers
    assert ("x-sent-user-agent", f"asgi-lambda/{__version__}") in headers
    assert sorted(value for name, value in headers if name == "set-cookie") == ["a=1", "b=2"]


def test_startup_comes_first_and_shutdown_last(run: Run, target: str) -> None:
    status, out, err = run("invoke", f"{target}.handler")
    assert status == 0
    assert sys.modules[target].log == ["lifespan.startup", "request", "lifespan.shutdown"]
    assert b"imported" not in out
    assert err.split() == ["imported", "lifespan.startup", "requested", "lifespan.shutdown"]


def test_startup_comes_before_a_decorated_handler(run: Run, target: str) -> None:
    assert run("invoke", f"{target}:decorated")[0] == 0
    steps = ["lifespan.startup", "decorated", "request", "lifespan.shutdown"]
    assert sys.modules[target].log == steps


def test_a_bare_application(run: Run, target: str) -> None:
    status, out, _ = run("invoke", f"{target}:app", "?x=1")
    assert (status, split(out)[0]) == (0, "HTTP/1.1 201 Created")
    assert sys.modules[target].log[0] == "lifespan.startup"


def test_a_plain_function(run: Run, target: str) -> None:
    status, out, _ = run("invoke", f"{target}:function", "--source", "alb")
    keys = ["body", "headers", "httpMethod", "isBase64Encoded", "path", "queryStringParameters"]
    assert status == 0
    assert json.loads(split(out)[2]) == [[*keys, "requestContext"], "local"]


def test_timeout(run: Run, target: str) -> None:
    _, out, _ = run("invoke", f"{target}:remaining", "--json", "--timeout", "77")
    assert 70_000 < json.loads(out) <= 77_000


@pytest.mark.parametrize(
    ("arguments", "method", "media_type", "body"),
    [
        (["-d", "a=b"], "POST", "application/x-www-form-urlencoded", b"a=b"),
        (["-d", ""], "POST", "application/x-www-form-urlencoded", b""),
        (["-d", "é", "-H", "content-type: text/plain"], "POST", "text/plain", "é".encode()),
        (["-d", "x", "-X", "PUT"], "PUT", "application/x-www-form-urlencoded", b"x"),
        (["-X", "DELETE"], "DELETE", None, b""),
        (["-d", "@-"], "POST", "application/x-www-form-urlencoded", b"\x00\xff\r\n"),
        (["-d", "@file.bin"], "POST", "application/x-www-form-urlencoded", b"\xff\x00"),
    ],
    ids=["form", "empty", "type", "method", "no-body", "stdin", "file"],
)
def test_data(
    run: Run, target: str, arguments: list[str], method: str, media_type: str | None, body: bytes
) -> None:
    Path("file.bin").write_bytes(b"\xff\x00")
    status, out, _ = run("invoke", f"{target}:handler", "/", *arguments, stdin=b"\x00\xff\r\n")
    _, headers, answer = split(out)
    assert (status, answer) == (0, body)
    fields = dict(headers)
    assert fields["x-method"] == method
    assert fields.get("x-sent-content-type") == media_type
    assert fields["x-sent-content-length"] == str(len(body))


def test_headers(run: Run, target: str) -> None:
    given = ["-H", "X-A: 1", "-H", "x-a:2", "-H", "User-Agent: mine", "-H", "Empty:"]
    _, out, _ = run("invoke", f"{target}:handler", *given, "--source", "alb-multi-value")
    headers = split(out)[1]
    # A load balancer reverses the values of one name.
    assert [value for name, value in headers if name == "x-sent-x-a"] == ["2", "1"]
    assert ("x-sent-user-agent", "mine") in headers
    assert ("x-sent-empty", "") in headers


def test_base_path(run: Run, target: str) -> None:
    arguments = ["--source", "rest-api", "--base-path", "v1", "--stage", "dev"]
    headers = dict(split(run("invoke", f"{target}:handler", "/x", *arguments)[1])[1])
    assert (headers["x-path"], headers["x-root"]) == ("/v1/x", "/v1")


@pytest.mark.parametrize(
    ("types", "body"), [(["--binary-type", "*/*"], b"\xff"), ([], "\ufffd".encode())]
)
def test_binary_body_through_a_rest_api(
    run: Run, target: str, types: list[str], body: bytes
) -> None:
    arguments = ["-d", "@-", "--source", "rest-api", *types]
    assert split(run("invoke", f"{target}:handler", *arguments, stdin=b"\xff")[1])[2] == body


def test_head(run: Run, target: str) -> None:
    _, out, _ = run("invoke", f"{target}:handler", "-X", "HEAD")
    assert split(out)[2] == b""


def test_json(run: Run, target: str) -> None:
    status, out, _ = run("invoke", f"{target}:handler", "--json")
    response = json.loads(out)
    assert status == 0
    assert response["statusCode"] == 201
    assert response["cookies"] == ["a=1", "b=2"]


def test_show_event_leaves_stdout_alone(run: Run, target: str) -> None:
    _, plain, _ = run("invoke", f"{target}:function")
    _, out, err = run("invoke", f"{target}:function", "--show-event")
    assert split(out) == split(plain)
    assert json.loads(err)["rawPath"] == "/"


def test_claims_and_authorizer(run: Run, tmp_path: Path) -> None:
    _, out, _ = run("event", "/", "--claims", '{"sub": "alice"}')
    authorizer = json.loads(out)["requestContext"]["authorizer"]
    assert authorizer == {"jwt": {"claims": {"sub": "alice"}, "scopes": None}}
    file = tmp_path / "context.json"
    file.write_text('{"tenant": "x"}')
    _, out, _ = run("event", "/", "--authorizer", f"@{file}")
    assert json.loads(out)["requestContext"]["authorizer"] == {"lambda": {"tenant": "x"}}


@pytest.mark.parametrize("name", ["-", "event.json"])
def test_given_event(run: Run, target: str, name: str) -> None:
    _, event, _ = run("event", "/given", "--source", "alb", "-X", "PATCH")
    Path("event.json").write_bytes(event)
    status, out, _ = run("invoke", f"{target}:handler", "--event", name, stdin=event)
    headers = dict(split(out)[1])
    assert status == 0
    assert (headers["x-path"], headers["x-method"]) == ("/given", "PATCH")


@pytest.mark.parametrize(
    "event", [{"Records": [{"eventSource": "aws:sqs"}]}, {"rawPath": "/"}, None], ids=str
)
def test_given_event_that_is_no_request(run: Run, target: str, event: Any) -> None:
    given = json.dumps(event).encode()
    status, out, _ = run("invoke", f"{target}:queue", "--event", "-", stdin=given)
    assert (status, json.loads(out)) == (0, {"batchItemFailures": [], "got": event})


def test_given_event_of_a_connection(run: Run, target: str) -> None:
    context = {"eventType": "DISCONNECT", "connectionId": "x", "stage": "a", "domainName": "b.c"}
    given = json.dumps({"requestContext": context}).encode()
    status, out, _ = run("invoke", f"{target}:handler", "--event", "-", stdin=given)
    assert (status, json.loads(out)) == (0, {"statusCode": 200})


def test_event_that_an_application_refuses(run: Run, target: str) -> None:
    status, out, err = run("invoke", f"{target}:handler", "--event", "-", stdin=b"{}")
    assert (status, out) == (1, b"")
    assert "UnsupportedEvent: " in err


def test_an_answer_of_500_is_no_failed_invocation(run: Run, target: str) -> None:
    status, out, err = run("invoke", f"{target}:failing")
    assert (status, split(out)[0]) == (0, "HTTP/1.1 500 Internal Server Error")
    assert err.count("RuntimeError: failed on purpose") == 1
    assert "ERROR: The application raised an exception" in err


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("raises", "ValueError: raised on purpose"),
        ("no_startup", "LifespanFailed: no database"),
        ("malformed", "The front door answers with an error of its own: statusCode: expected"),
    ],
)
def test_failed_invocation(run: Run, target: str, name: str, expected: str) -> None:
    status, out, err = run("invoke", f"{target}:{name}")
    assert (status, out) == (1, b"")
    assert expected in err


def test_failed_import(run: Run, target: str) -> None:
    Path("broken.py").write_text("import no_such_module")
    status, _, err = run("invoke", "broken:app")
    assert status == 1
    assert "No module named 'no_such_module'" in err


def test_an_exit_of_the_application_is_its_own(run: Run, target: str) -> None:
    assert run("invoke", f"{target}:exits")[0] == 7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required"),
        (["deploy"], "invalid choice: 'deploy'"),
        (["serve"], "TARGET: expected one, or --template, got neither"),
        (["invoke"], "the following arguments are required: TARGET"),
        (["invoke", "alone"], "TARGET: expected module:attribute, got 'alone'"),
        (["invoke", "no_such:app"], "TARGET: expected a module 'no_such'"),
        (["event", "items"], "PATH: expected one as '/items?limit=1', got 'items'"),
        (["event", "/", "-H", "nothing"], "-H: expected 'name: value', got 'nothing'"),
        (["event", "/", "-H", ": x"], "-H: expected 'name: value', got ': x'"),
        (["event", "/", "--source", "nginx"], "invalid choice: 'nginx'"),
        (["event", "/", "--source", "alb", "--stage", "s"], "source: expected one with stages"),
        (["event", "/", "--stage", "a/b"], "stage: expected a name"),
        (["event", "/", "--claims", "alice"], "--claims: expected JSON, got other text"),
        (["event", "/", "--claims", "[]"], "--claims: expected a JSON object, got list"),
        (["event", "/", "--claims", "{}", "--source", "alb"], "claims: expected one of http-api"),
        (["event", "/", "--authorizer", "@no.file"], "no.file: expected a file to read"),
        (["event", "-d", "@no.file"], "no.file: expected a file to read, got No such file"),
        (["explain", "no.file"], "no.file: expected a file to read"),
        (["explain", "-"], "-: expected JSON, got other text"),
        (["invoke", HELLO, "--event", "-"], "-: expected JSON"),
        (
            ["invoke", HELLO, "/x", "-X", "PUT", "--event", "-"],
            "--event: expected no description of a request beside it, got path, request",
        ),
    ],
)
def test_usage_errors_are_one_line(run: Run, arguments: list[str], message: str) -> None:
    status, out, err = run(*arguments, stdin=b"no json")
    assert (status, out) == (2, b"")
    assert err.startswith("asgi-lambda")
    assert ": error: " in err
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", [(), ("invoke",), ("event",), ("explain",), ("serve",)])
def test_help(run: Run, command: tuple[str, ...]) -> None:
    status, out, _ = run(*command, "--help")
    assert status == 0
    assert out.startswith(b"usage: asgi-lambda")


def test_version(run: Run) -> None:
    assert run("--version")[1].decode().strip() == __version__


def test_logging_is_as_it_was(run: Run, target: str) -> None:
    logger = logging.getLogger("asgi_lambda")
    before = logger.level, list(logger.handlers), logger.propagate
    run("invoke", f"{target}:failing")
    assert (logger.level, logger.handlers, logger.propagate) == before


def test_explain(run: Run) -> None:
    _, event, _ = run("event", "--source", "rest-api", "-H", "Authorization: secret")
    status, out, _ = run("explain", "-", stdin=event)
    assert status == 0
    assert b"source: rest-api, since" in out
    assert b"secret" not in out


def test_explain_what_no_source_accepts(run: Run) -> None:
    status, out, _ = run("explain", "-", stdin=b'{"raw_path": "/"}')
    assert status == 1
    assert b"source: none; expected an HTTP request, got an event with the keys" in out


def test_adapt_does_not_import_the_command_line() -> None:
    code = "import sys, asgi_lambda; print([n for n in sys.modules if 'local' in n or 'cli' in n])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    names = done.stdout.decode()
    assert "asgi_lambda.local" not in names
    assert "asgi_lambda.cli" not in names
