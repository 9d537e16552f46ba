"""A browser, and an example behind front doors that it can reach."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from tests.browser.gateway import serving
from tests.examples.running import Example, running
from tests.frameworks.front_doors import HTTP_API, REST_STAGE, FrontDoor


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the browser puts what it downloads."""
    return tmp_path_factory.mktemp("downloads")


@contextmanager
def opened(downloads: Path, *arguments: str, hosts: str = "") -> Iterator[Chrome]:
    """A browser; hosts: rules of its resolver, each with a comma behind."""
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    # Root has no sandbox, and small machines have little shared memory.
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", *arguments):
        options.add_argument(argument)
    # Chromium would look for updates and the like; nothing but loopback is asked.
    options.add_argument(f"--host-resolver-rules={hosts}MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # Its path, since Selenium would look for one to fetch.
    with Chrome(options=options, service=Service("/usr/bin/chromedriver")) as chrome:
        chrome.implicitly_wait(10)
        yield chrome


@pytest.fixture(scope="session")
def chrome(downloads: Path) -> Iterator[Chrome]:
    """One browser for all tests."""
    with opened(downloads) as chrome:
        yield chrome


@pytest.fixture
def browser(chrome: Chrome) -> Iterator[Chrome]:
    """The browser without cookies; a page must leave nothing in its console."""
    chrome.delete_all_cookies()
    # The page of an earlier test may look for its server still.
    chrome.get("about:blank")
    console(chrome)
    yield chrome
    # Browsers ask for the icon on their own account.
    complaints = [each for each in console(chrome) if "favicon" not in each["message"]]
    assert complaints == []


def console(chrome: Chrome) -> list[dict[str, Any]]:
    """What is new in its console."""
    log: list[dict[str, Any]] = chrome.get_log("browser")  # type: ignore[no-untyped-call]  # no types
    return log


@pytest.fixture(scope="module")
def variables() -> dict[str, str]:
    """Environment variables of the example; a module that needs some has a fixture of its own."""
    return {}


@pytest.fixture(scope="module")
def example(request: pytest.FixtureRequest, variables: dict[str, str]) -> Iterator[Example]:
    """The example that the module names, as `EXAMPLE`."""
    with running(request.module.EXAMPLE, variables=variables) as example:
        yield example


@pytest.fixture(params=[HTTP_API, REST_STAGE], ids=lambda door: door.name)
def address(request: pytest.FixtureRequest, example: Example) -> Iterator[str]:
    """Where a front door serves the example, one without a prefix and one with."""
    door: FrontDoor = request.param
    handler: Any = example
    with serving(handler=handler, door=door) as address:
        yield address
