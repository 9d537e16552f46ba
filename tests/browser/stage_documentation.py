"""FastAPI's own documentation behind the stage of a REST API, as the README starts it.

`ASGI_LAMBDA_SCREENSHOTS` names a folder for the screenshots that the docs show.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.cdn import HOST, cdn
from tests.browser.conftest import opened
from tests.local.serving import serving

ITEM = {"name": "coffee", "price": 4.2}


@pytest.fixture
def page(tmp_path: Path, downloads: Path) -> Iterator[Chrome]:
    """A browser whose way to the CDN leads to loopback; the example is as FastAPI ships it."""
    with (
        cdn(tmp_path) as port,
        opened(
            downloads,
            "--ignore-certificate-errors",
            "--window-size=1100,1760",
            hosts=f"MAP {HOST}:443 127.0.0.1:{port},",
        ) as chrome,
    ):
        yield chrome


def wait(browser: Chrome, until: Callable[[], object]) -> None:
    """Give the page time to come to what is asked."""
    WebDriverWait(browser, 20).until(lambda _: until())


def shoot(browser: Chrome, name: str) -> None:
    """Keep what is seen, where somebody wants it."""
    if folder := os.environ.get("ASGI_LAMBDA_SCREENSHOTS"):
        browser.save_screenshot(str(Path(folder, name)))


def test_documentation_is_tried_out_and_the_inspector_shows_the_calls(page: Chrome) -> None:
    with serving("examples.fastapi.app:handler", "--source", "rest-api") as server:
        prod = server.address()
        page.get(f"{prod}/docs")
        wait(page, lambda: page.find_element(By.CSS_SELECTOR, ".title").text.startswith("Shop"))
        page.find_element(By.CSS_SELECTOR, "#operations-default-add_items_post button").click()
        page.find_element(By.CSS_SELECTOR, ".try-out button").click()
        body = page.find_element(By.CSS_SELECTOR, "textarea.body-param__text")
        body.clear()
        body.send_keys(json.dumps(ITEM))
        page.find_element(By.CSS_SELECTOR, "button.execute").click()
        wait(page, lambda: live(page).startswith("201"))
        url = page.find_element(By.CSS_SELECTOR, ".request-url pre").text
        assert url == f"{prod}/items"
        assert f'"link": "{prod}/items/1"' in live(page)
        page.execute_script("window.scrollTo(0, 0)")
        shoot(page, "documentation.png")

        page.get(f"{prod.removesuffix('/prod')}/_lambda")
        wait(page, lambda: "201POST/prod/items" in listed(page))
        assert "200GET/prod/openapi.json" in listed(page)
        for button in page.find_elements(By.CSS_SELECTOR, "#list button"):
            if "POST" in button.text:
                button.click()
        wait(page, lambda: "POST /prod/items" in page.find_element(By.ID, "title").text)
        [tab] = [t for t in page.find_elements(By.CSS_SELECTOR, "[role=tab]") if t.text == "Event"]
        tab.click()
        assert '"stage": "prod"' in page.find_element(By.ID, "panel").text
        page.set_window_size(1280, 860)
        shoot(page, "documentation-inspector.png")


def live(browser: Chrome) -> str:
    """The answer that Swagger UI shows."""
    rows = browser.find_elements(By.CSS_SELECTOR, ".live-responses-table .response")
    return rows[0].text if rows else ""


def listed(browser: Chrome) -> str:
    """The inspector's list, without spaces."""
    return "".join(browser.find_element(By.ID, "list").text.split())
