"""Quart's session in a browser, which keeps the cookie and follows the redirect."""

from __future__ import annotations

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

EXAMPLE = "quart"


def test_session_leads_back_to_the_last_book(browser: Chrome, address: str) -> None:
    browser.get(f"{address}/books/2")
    browser.get(f"{address}/last")

    assert browser.current_url == f"{address}/books/2"
    assert "R.U.R." in browser.find_element(By.TAG_NAME, "body").text
    assert [cookie["name"] for cookie in browser.get_cookies()] == ["session"]
