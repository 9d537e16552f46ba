"""The inspector in a browser: follow requests as they come, look into one, and keep secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from tests.local.serving import changing, serving

SECRET = "Bearer of-nobody-else"
ITEM = {"name": "<b>pen</b>", "price": 2}


@pytest.fixture(scope="module")
def prod() -> Iterator[str]:
    """Where the stage `prod` of a REST API serves a shop."""
    with serving("examples.fastapi.app:handler", "--source", "rest-api") as server:
        yield server.address()


@pytest.fixture
def page(browser: Chrome, prod: str) -> Chrome:
    """The inspector, without any invocation."""
    root = prod.removesuffix("/prod")
    httpx.delete(f"{root}/_lambda/exchanges").raise_for_status()
    browser.get(f"{root}/_lambda")
    wait(browser, lambda: text(browser, "live") == "live")
    wait(browser, lambda: text(browser, "door") == "rest-api")
    return browser


def wait(browser: Chrome, until: Callable[[], object]) -> None:
    """Give the page time to come to what is asked."""
    WebDriverWait(browser, 10).until(lambda _: until())


def text(browser: Chrome, name: str) -> str:
    return browser.find_element(By.ID, name).text


def rows(browser: Chrome) -> list[str]:
    """Status and request of each line of the list, as a person sees them."""
    lines = browser.execute_script(
        "return [...document.querySelectorAll('#list li:not([hidden])')].map((each) =>"
        " [...each.querySelectorAll('.status, .target')].map((part) => part.textContent))"
    )
    return [" ".join(line) for line in lines]


def press(browser: Chrome, *keys: str) -> None:
    browser.switch_to.active_element.send_keys(*keys)


def part(browser: Chrome, name: str) -> str:
    """What a part of the invocation shows."""
    tabs = browser.find_elements(By.CSS_SELECTOR, "[role=tab]")
    [tab] = [each for each in tabs if each.text == name]
    tab.click()
    assert tab.get_attribute("aria-selected") == "true"
    return text(browser, "panel")


def test_requests_appear_as_they_come(page: Chrome, prod: str) -> None:
    assert "No request yet" in text(page, "empty")
    httpx.get(f"{prod}/items/0")
    wait(page, lambda: rows(page) == ["200 GET /prod/items/0"])
    httpx.get(f"{prod}/items/7?a=<b>")
    httpx.get(prod.removesuffix("/prod"))
    expected = ["403 GET /", "404 GET /prod/items/7?a=%3Cb%3E", "200 GET /prod/items/0"]
    wait(page, lambda: rows(page) == expected)

    page.find_element(By.ID, "filter").send_keys("404")
    assert rows(page) == expected[1:2]
    page.find_element(By.ID, "filter").send_keys(Keys.ESCAPE)
    assert rows(page) == expected

    page.find_element(By.ID, "clear").click()
    wait(page, lambda: rows(page) == [])


def test_one_invocation_and_its_parts(page: Chrome, prod: str, downloads: Path) -> None:
    httpx.post(f"{prod}/items", json=ITEM, headers={"authorization": SECRET})
    wait(page, lambda: len(rows(page)) == 1)
    page.find_element(By.CSS_SELECTOR, "#list button").click()
    wait(page, lambda: text(page, "title") == "POST /prod/items → 201 Created")

    assert '"name":"<b>pen</b>"' in part(page, "HTTP in")
    assert '"httpMethod": "POST"' in part(page, "Event")
    assert '"root_path": "/prod"' in part(page, "Scope")
    messages = part(page, "Messages")
    assert messages.index("http.request") < messages.index("http.response.start")
    assert '"statusCode": 201' in part(page, "Lambda response")
    assert "content-type" in part(page, "HTTP out")
    assert part(page, "Log") == "Nothing was logged or printed."
    assert not page.find_elements(By.CSS_SELECTOR, "#panel b")

    part(page, "Event")
    page.find_element(By.LINK_TEXT, "Save as a file").click()
    wait(page, lambda: [*downloads.glob("event-*.json")])
    [file] = downloads.glob("event-*.json")
    event: dict[str, Any] = json.loads(file.read_text())
    file.unlink()
    assert json.loads(event["body"]) == ITEM
    assert event["headers"]["Authorization"] == SECRET


def test_secrets_show_when_they_are_clicked(page: Chrome, prod: str) -> None:
    headers = {"authorization": SECRET, "cookie": "session=of-nobody-else"}
    httpx.post(f"{prod}/items", json=ITEM, headers=headers)
    wait(page, lambda: len(rows(page)) == 1)
    page.find_element(By.CSS_SELECTOR, "#list button").click()
    wait(page, lambda: text(page, "title") != "")
    # The answer sets a cookie, which is one too.
    secrets = {"HTTP in": 2, "Event": 4, "Scope": 2, "Lambda response": 1, "HTTP out": 1}
    for name, count in secrets.items():
        assert "of-nobody-else" not in part(page, name)
        assert "last=" not in text(page, "panel")
        assert len(page.find_elements(By.CLASS_NAME, "secret")) == count

    part(page, "HTTP in")
    button = page.find_element(By.CSS_SELECTOR, "[aria-label='show authorization']")
    button.click()
    assert SECRET in text(page, "panel")
    button.click()
    assert SECRET not in text(page, "panel")


def test_keyboard_alone(page: Chrome, prod: str) -> None:
    for number in range(3):
        httpx.get(f"{prod}/items/{number}")
    wait(page, lambda: len(rows(page)) == 3)

    page.find_element(By.TAG_NAME, "body").send_keys(Keys.ARROW_DOWN)
    wait(page, lambda: text(page, "title").startswith("GET /prod/items/2"))
    press(page, Keys.ARROW_DOWN)
    wait(page, lambda: text(page, "title").startswith("GET /prod/items/1"))
    press(page, Keys.ARROW_UP)
    wait(page, lambda: text(page, "title").startswith("GET /prod/items/2"))

    first = page.find_element(By.CSS_SELECTOR, "[aria-selected=true]").text
    press(page, Keys.ARROW_RIGHT)
    assert page.find_element(By.CSS_SELECTOR, "[aria-selected=true]").text != first
    press(page, Keys.ARROW_LEFT)
    assert page.find_element(By.CSS_SELECTOR, "[aria-selected=true]").text == first

    press(page, "/")
    press(page, "items/0")
    assert len(rows(page)) == 1
    press(page, Keys.ESCAPE)
    assert not page.find_element(By.ID, "detail").is_displayed()
    assert len(rows(page)) == 3


def test_narrow_screen_shows_list_or_invocation(page: Chrome, prod: str) -> None:
    metrics = {"width": 360, "height": 640, "deviceScaleFactor": 1, "mobile": True}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        httpx.get(f"{prod}/items/0?q={'long' * 60}")
        wait(page, lambda: len(rows(page)) == 1)
        page.find_element(By.CSS_SELECTOR, "#list button").click()
        wait(page, lambda: page.find_element(By.ID, "title").is_displayed())
        assert not page.find_element(By.ID, "list").is_displayed()
        for name in (
            "HTTP in",
            "Event",
            "Scope",
            "Messages",
            "Lambda response",
            "HTTP out",
            "Log",
            "Replay",
            "Compare",
        ):
            part(page, name)
            width = page.execute_script("return document.documentElement.scrollWidth")
            assert width == 360, f"{name} is too wide"
        page.find_element(By.ID, "back").click()
        assert page.find_element(By.ID, "list").is_displayed()
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_page_outlives_its_server(browser: Chrome, tmp_path: Path) -> None:
    module, code = tmp_path / "served.py", "def handler(event, context): return {'statusCode': 204}"
    module.write_text(code)
    with serving("served.handler", "--reload", cwd=tmp_path) as server:
        address = server.address()
        browser.get(f"{address}/_lambda")
        wait(browser, lambda: text(browser, "live") == "live")
        httpx.get(f"{address}/x")
        wait(browser, lambda: rows(browser) == ["204 GET /x"])
        browser.find_element(By.CSS_SELECTOR, "#list button").click()
        wait(browser, lambda: text(browser, "title") != "")
        assert "none of asgi_lambda" in part(browser, "Scope")

        with changing(module, code.replace("204", "202")):
            assert server.address() == address
        wait(browser, lambda: text(browser, "live") == "live" and rows(browser) == [])
        httpx.get(f"{address}/y")
        wait(browser, lambda: rows(browser) == ["202 GET /y"])
        assert server.stop() == 0
        wait(browser, lambda: text(browser, "live").startswith("the server is gone"))
    browser.get("about:blank")
    # That it could not connect is what this is about.
    browser.get_log("browser")  # type: ignore[no-untyped-call]  # it has no types


def test_replay_and_what_differs_behind_another_front_door(page: Chrome, prod: str) -> None:
    headers = {"authorization": SECRET, "x-own": "before"}
    httpx.post(f"{prod}/items", json=ITEM, headers=headers)
    wait(page, lambda: len(rows(page)) == 1)
    page.find_element(By.CSS_SELECTOR, "#list button").click()
    wait(page, lambda: text(page, "title") != "")

    part(page, "Replay")
    field = page.find_element(By.ID, "replay-headers")
    value = field.get_property("value")
    assert isinstance(value, str)
    assert "authorization: ••••••" in value
    field.send_keys(Keys.END, "\nx-new: 1")
    Select(page.find_element(By.ID, "replay-source")).select_by_visible_text("alb")
    page.find_element(By.ID, "replay-path").clear()
    page.find_element(By.ID, "replay-path").send_keys("/items?again=1")
    page.find_element(By.ID, "send").click()

    # The new one is open, beside the one that it repeats.
    wait(page, lambda: text(page, "title") == "POST /items?again=1 → 201 Created")
    assert rows(page) == ["201 POST /items?again=1", "201 POST /prod/items"]
    wait(page, lambda: page.find_elements(By.ID, "differences"))
    differences = {
        cells[0].text: [cells[1].text, cells[2].text]
        for row in page.find_elements(By.CSS_SELECTOR, "#differences tbody tr")
        if (cells := row.find_elements(By.XPATH, "./*"))
    }
    assert differences["scope root_path"] == ['"/prod"', '""']
    assert differences["scope query_string"] == ['""', '"again=1"']
    assert differences["scope header x-new"] == ["absent", "1"]
    # It was sent as it was, though the form never had it.
    assert "scope header authorization" not in differences
    assert "HTTP out status" not in differences

    part(page, "Event")
    assert '"elb"' in text(page, "panel")


def test_replay_that_cannot_be_sent(page: Chrome, prod: str) -> None:
    httpx.get(f"{prod}/items/0")
    wait(page, lambda: len(rows(page)) == 1)
    page.find_element(By.CSS_SELECTOR, "#list button").click()
    wait(page, lambda: text(page, "title") != "")
    assert part(page, "Compare") == "There is no other invocation to compare with."
    part(page, "Replay")
    page.find_element(By.ID, "replay-path").clear()
    page.find_element(By.ID, "replay-path").send_keys("items")
    page.find_element(By.ID, "send").click()
    wait(page, lambda: "expected a method and /..." in text(page, "panel"))
    # The browser notes the refused request.
    page.get_log("browser")  # type: ignore[no-untyped-call]  # it has no types


def test_invocation_that_is_no_longer_kept(page: Chrome, prod: str) -> None:
    with httpx.Client() as client:
        for number in range(201):
            client.get(f"{prod}/items/{number}")
    wait(page, lambda: len(rows(page)) == 201)
    page.find_element(By.CSS_SELECTOR, "#list li:last-child button").click()
    wait(page, lambda: len(rows(page)) == 200)
    assert rows(page)[-1].endswith("GET /prod/items/1")
    assert not page.find_element(By.ID, "detail").is_displayed()
    # The browser notes that it found nothing.
    page.get_log("browser")  # type: ignore[no-untyped-call]  # it has no types
