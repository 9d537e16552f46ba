"""The page of the scope viewer: what it shows to a person, and what it hides."""

from __future__ import annotations

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

EXAMPLE = "scope_viewer"


def test_request_is_shown_without_its_secrets(browser: Chrome, address: str) -> None:
    browser.get(f"{address}/a<b>/c?page=two&token=sesame")

    assert browser.title == "What arrived"
    assert browser.find_element(By.TAG_NAME, "h1").text.endswith("/a<b>/c")
    scope = browser.find_element(By.ID, "scope").text
    assert "page=two" in scope
    assert "HeadlessChrome" in scope
    assert "sesame" not in browser.find_element(By.TAG_NAME, "body").text
