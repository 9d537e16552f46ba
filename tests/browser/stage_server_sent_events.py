"""The countdown in a browser: the page shows every event, connects again, and knows the end."""

from __future__ import annotations

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

EXAMPLE = "server_sent_events"


def test_page_counts_down(browser: Chrome, address: str) -> None:
    browser.get(f"{address}/")

    status = browser.find_element(By.ID, "status")
    WebDriverWait(browser, 30).until(lambda _: status.text == "It is over")

    shown = [each.text for each in browser.find_elements(By.CSS_SELECTOR, "#events b")]
    assert shown == [str(number) for number in range(10, -1, -1)]
