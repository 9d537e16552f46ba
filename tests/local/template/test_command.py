"""`serve --template`, asked by real clients."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from asgi_lambda.cli import main
from tests.local.serving import serving
from tests.local.template.templates import STREAMS, TWO, write


def get(address: str, host: str, path: str, **arguments: object) -> httpx.Response:
    """An answer by a name that this machine may not know."""
    url = httpx.URL(address).copy_with(raw_path=path.encode())
    return httpx.get(url, headers={"host": f"{host}.localhost:{url.port}"}, timeout=60)


def test_two_functions_with_modules_of_one_name(tmp_path: Path) -> None:
    write(tmp_path)
    words = ["--template", "template.yaml", "--parameter-overrides", "Greeting=hello"]
    with serving(*words, cwd=tmp_path) as server:
        address = server.address()
        port = address.rpartition(":")[2]
        shop = get(address, "api", "/dev/items/7").text.splitlines()
        assert shop[0] == str(tmp_path / "shop" / "app.py")
        assert shop[1:5] == ["/dev/items/7", "/items/{id}", "{'id': '7'}", "127.0.0.1"]
        assert shop[5:] == [f"api.localhost:{port}", "hello"]
        users = get(address, "serverlesshttpapi", "/new/1").text.splitlines()
        assert users[0] == str(tmp_path / "users" / "app.py")
        assert users[2] == "GET /new/{id}"
        assert users[6] == "no greeting"

        # The same function behind another door; it ends, and is there again.
        assert get(address, "shopurl", "/exit").text.startswith("Shop is gone")
        assert get(address, "shopurl", "/x").text.splitlines()[1] == "/x"

        with httpx.stream(
            "GET",
            f"{address}/_lambda/stream",
            headers={"host": f"shop.localhost:{port}"},
            timeout=60,
        ) as stream:
            assert next(stream.iter_lines()) == "event: door"
            assert server.stop() == 0
    assert any(line.startswith("Shop: START RequestId: ") for line in server.lines)


STREAMED = """
import asyncio
from pathlib import Path

from asgi_lambda import adapt


async def app(scope, receive, send):
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"first", "more_body": True})
    while not Path("go-on").exists():
        await asyncio.sleep(0.01)
    await send({"type": "http.response.body", "body": b"last"})


handler = adapt(app, lifespan="off")
"""


def test_stream_of_one_route_of_an_api(tmp_path: Path) -> None:
    write(tmp_path, STREAMS, "one")
    (tmp_path / "one" / "app.py").write_text(STREAMED)
    with serving("--template", "template.yaml", cwd=tmp_path) as server:
        address = server.address()
        host = f"serverlessrestapi.localhost:{address.rpartition(':')[2]}"
        with httpx.stream(
            "GET", f"{address}/Prod/parts", headers={"host": host}, timeout=60
        ) as parts:
            pieces = parts.iter_raw()
            assert next(pieces) == b"first"
            (tmp_path / "one" / "go-on").touch()
            assert b"".join(pieces) == b"last"
        assert get(address, "serverlessrestapi", "/Prod/whole").text == "firstlast"


def test_functions_of_this_checkout() -> None:
    with serving("--template", "template.yaml", "--claims", '{"sub": "alice"}') as server:
        address = server.address()
        assert get(address, "hellourl", "/a?b=c").text == "GET /a\nquery: b=c\n"
        item = get(address, "fastapirestapi", "/prod/items/0").json()
        port = address.rpartition(":")[2]
        assert item["link"] == f"http://fastapirestapi.localhost:{port}/prod/items/0"
        assert get(address, "fastapiapi", "/items/0").json()["name"] == "tea"
        assert "/prod/openapi.json" in get(address, "fastapirestapi", "/prod/docs").text
        missing = get(address, "nardisapi", "/")
        assert missing.status_code == 502
        assert "Nardis could not start: ModuleNotFoundError" in missing.text
        assert "Hello" in httpx.get(f"{address}/").text
        assert server.stop() == 0


def test_variables_of_home_and_a_supervisor(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / ".env").write_text("GREETING=mine\n")
    words = ["--template", "template.yaml", "--reload", "--env-file", ".env"]
    with serving(*words, cwd=tmp_path) as server:
        address = server.address()
        assert get(address, "shopurl", "/x").text.splitlines()[6] == "mine"
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["app:handler", "--template", "x"], "expected neither TARGET nor"),
        (["--template", "x", "--source", "alb"], "got source"),
        (["--template", "no.yaml"], "no.yaml: expected a template, got No such file"),
        (["--template", "x", "--parameter-overrides", "A"], "expected NAME=VALUE, got 'A'"),
        (["--template", "x", "--parameter-overrides", "'A"], "expected NAME=VALUE: No closing"),
        ([], "TARGET: expected one, or --template, got neither"),
        (
            ["app:app", "--parameter-overrides", "A=1"],
            "--parameter-overrides: expected --template with it, got none",
        ),
    ],
)
def test_usage_errors(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [["Greeting=a b", "Nothing=1"], ["Greeting='a b' ParameterKey=Nothing,ParameterValue=1"]],
)
def test_parameters_as_the_sam_cli_has_them(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = str(write(tmp_path, TWO))
    assert main(["serve", "--template", template, "--parameter-overrides", *words]) == 2
    assert "got Nothing" in capsys.readouterr().err


def test_claims_beside_an_authorizer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--template", str(write(tmp_path)), "--claims", "{}", "--authorizer", "{}"]
    assert main(["serve", *words]) == 2
    assert "expected it or claims, got both" in capsys.readouterr().err
