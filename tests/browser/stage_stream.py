"""Streams in a browser: events arrive one by one, and the inspector shows the parts and when."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.local.serving import serving


@pytest.fixture(params=["function-url", "rest-api"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the countdown is, behind a front door that streams."""
    arguments = ("--source", request.param, "--invoke-mode", "RESPONSE_STREAM")
    with serving("examples.server_sent_events.app:handler", *arguments) as server:
        yield server.address()


def test_events_arrive_one_by_one(browser: Chrome, address: str) -> None:
    browser.get(f"{address}/")
    status = browser.find_element(By.ID, "status")
    WebDriverWait(browser, 30).until(lambda _: status.text == "It is over")
    items = browser.find_elements(By.CSS_SELECTOR, "#events li")
    found = [re.fullmatch(r"(\d+)\s+after ([\d.]+) s", each.text) for each in items]
    numbers, times = zip(*[(int(each[1]), float(each[2])) for each in found if each], strict=True)
    assert list(numbers) == list(range(10, -1, -1))
    # Five events make a response, with half a second between two of them.
    assert times[4] - times[0] > 1
    assert times[9] - times[5] > 1


def test_inspector_shows_the_parts(browser: Chrome, address: str) -> None:
    browser.get(f"{address}/")
    status = browser.find_element(By.ID, "status")
    WebDriverWait(browser, 30).until(lambda _: status.text == "It is over")
    browser.get(re.sub(r"(:\d+).*", r"\1/_lambda", address))
    rows = browser.find_elements(By.CSS_SELECTOR, "#list li")
    [*_, row] = [each for each in rows if "/countdown" in each.text and "200" in each.text]
    row.find_element(By.CSS_SELECTOR, "*").click()
    [tab] = [
        each
        for each in browser.find_elements(By.CSS_SELECTOR, "[role=tab]")
        if each.text == "Messages"
    ]
    tab.click()
    shown = browser.find_element(By.ID, "panel").text
    assert shown.count("http.response.body") >= 5
    times = [float(each) for each in re.findall(r"^([\d.]+) ms", shown, re.MULTILINE)]
    assert max(times) - min(times) > 1000
