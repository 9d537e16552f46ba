"""A browser's own WebSocket at the gateway, and its events in the inspector."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.browser.stage_inspector import part, rows, text, wait
from tests.local.serving import serving
from tests.local.test_websockets import MODULE, endpoint

# Says each text once the one before was answered; the answers, then how it ended.
TALK = """
const [url, texts, done] = arguments;
const socket = new WebSocket(url, ["other", "chat"]);
const heard = [];
socket.onopen = () => socket.send(texts[0]);
socket.onmessage = (message) => {
  heard.push(message.data);
  if (heard.length < texts.length) socket.send(texts[heard.length]);
  else socket.close(4001, "enough");
};
socket.onclose = (closed) => done([socket.protocol, heard, closed.code, closed.reason]);
"""


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[str]:
    """Where the stage `dev` of a WebSocket API has its connections."""
    (tmp_path / "sockets.py").write_text(MODULE)
    arguments = ["--source", "websocket-api", "--stage", "dev"]
    with serving("sockets:handler", *arguments, cwd=tmp_path) as server:
        yield endpoint(server)


def test_conversation_and_its_events(browser: Chrome, dev: str) -> None:
    root = dev.removesuffix("/dev")
    browser.get(f"{root}/_lambda")
    wait(browser, lambda: text(browser, "door") == "websocket-api")
    url, texts = dev.replace("http", "ws", 1), ["who", "ä" * 10_000]
    protocol, (name, echo), code, reason = browser.execute_async_script(TALK, url, texts)
    assert (protocol, code, reason) == ("chat", 4001, "enough")
    assert json.loads(echo) == ["$default", texts[1]]

    expected = [f"200 DISCONNECT {name} 4001", *[f"200 MESSAGE {name} $default"] * 2]
    wait(browser, lambda: rows(browser) == [*expected, "101 CONNECT /dev"])
    browser.find_elements(By.CSS_SELECTOR, "#list button")[0].click()
    wait(browser, lambda: text(browser, "title").startswith(f"DISCONNECT {name} 4001"))
    assert '"disconnectReason": "enough"' in part(browser, "Event")
    assert '"statusCode": 200' in part(browser, "Lambda response")
    assert part(browser, "Replay") == "What happened to a socket cannot be sent again."
