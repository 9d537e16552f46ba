"""The chat in two windows, with two execution environments behind its socket, then with one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from asgi_lambda.local import Gateway
from asgi_lambda.local.environment import Environment
from asgi_lambda.local.function import Function
from tests.browser.gateway import serving as serving_pages
from tests.examples import aws
from tests.examples.running import Example, InvocationFailed, running
from tests.examples.test_chat import CONNECTIONS, MEMBERS, TABLES
from tests.frameworks.front_doors import HTTP_API
from tests.websocket.servers import TakingTurns, endpoint, serving

SECONDS = 30


class Chat:
    """Two processes of the example behind a WebSocket API, and one that has the page.

    address: where that page is.
    """

    def __init__(self, stack: ExitStack, services: str) -> None:
        self._stack = stack
        self._variables = {
            "AWS_ENDPOINT_URL": services,
            "CONNECTIONS_TABLE": CONNECTIONS,
            "MEMBERS_TABLE": MEMBERS,
        }
        self._examples: dict[Environment, Example] = {}
        port = stack.enter_context(serving(self._gateway))
        page: Any = self._start({"SOCKET_URL": f"ws://127.0.0.1:{port}/prod"})
        self.address = stack.enter_context(serving_pages(handler=page, door=HTTP_API))

    def _gateway(self, port: int) -> Gateway:
        for _ in range(2):
            example = self._start({"ASGI_LAMBDA_WEBSOCKET_ENDPOINT": endpoint(port)})
            self._examples[Function(example, SECONDS)] = example
        self.environments = TakingTurns(*self._examples)
        gateway = Gateway(self.environments.handler, "websocket-api")
        gateway.function = self.environments
        return gateway

    def _start(self, variables: dict[str, str]) -> Example:
        # One that is killed ends with no good status.
        self._stack.enter_context(suppress(InvocationFailed))
        return self._stack.enter_context(
            running("chat", variables={**self._variables, **variables})
        )

    def kill_one(self) -> None:
        """End a process that took part so far."""
        gone = self.environments.turns[0]
        self.environments.drop(gone)
        self._examples[gone].kill()


@pytest.fixture
def chat() -> Iterator[Chat]:
    with aws.serving() as services, ExitStack() as stack:
        dynamodb = aws.client(service="dynamodb", address=services)
        for table in TABLES:
            dynamodb.create_table(**table)
        yield Chat(stack, services)


class Window:
    """One of the browser's windows, with somebody in the chat."""

    def __init__(self, browser: Chrome, address: str, name: str) -> None:
        self._browser = browser
        browser.switch_to.new_window("window")
        self._handle = browser.current_window_handle
        browser.get(f"{address}/")
        browser.find_element(By.ID, "name").send_keys(name)
        browser.find_element(By.CSS_SELECTOR, "#enter button").click()
        self.wait_for([f"{name} is here"])
        forms = browser.find_elements(By.TAG_NAME, "form")
        assert [each.is_displayed() for each in forms] == [False, True]

    def say(self, text: str) -> None:
        self._browser.switch_to.window(self._handle)
        self._browser.find_element(By.ID, "text").send_keys(text)
        self._browser.find_element(By.CSS_SELECTOR, "#say button").click()

    def wait_for(self, messages: list[str]) -> None:
        """Wait until these are all that the window shows."""
        self._browser.switch_to.window(self._handle)

        def shown(browser: Chrome) -> bool:
            items = browser.find_elements(By.CSS_SELECTOR, "#messages li")
            return [each.text for each in items] == messages

        WebDriverWait(self._browser, SECONDS).until(shown)

    def close(self) -> None:
        self._browser.switch_to.window(self._handle)
        self._browser.close()


def test_two_windows_chat_and_go_on_after_one_environment_is_killed(
    browser: Chrome, chat: Chat
) -> None:
    first = browser.current_window_handle
    ada = Window(browser, chat.address, "Ada")
    bela = Window(browser, chat.address, "Béla")
    heard = ["Béla is here"]
    for number in range(2):
        for window, name in ((ada, "Ada"), (bela, "Béla")):
            for text in ("hello", "žito"):
                window.say(f"{text} {number}")
                heard.append(f"{name}: {text} {number}")
                bela.wait_for(heard)
                ada.wait_for(["Ada is here", *heard])
        if number == 0:
            assert min(chat.environments.had.values()) > 2
            chat.kill_one()
    ada.close()
    bela.wait_for([*heard, "Ada left"])
    bela.close()
    browser.switch_to.window(first)
