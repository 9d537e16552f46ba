"""The page of the files, used as a person does: upload, download, delete."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.examples import aws

EXAMPLE = "files"

BUCKET = "files-of-tests"
CONTENT = bytes(range(256)) * 100
# Shown as text, whatever it looks like.
NAME = "<img src=x onerror=alert(1)> küüslauk.bin"


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, str]]:
    with aws.serving() as address:
        place = {"LocationConstraint": aws.REGION}
        s3 = aws.client(service="s3", address=address)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        yield {"AWS_ENDPOINT_URL": address, "BUCKET_NAME": BUCKET}


def wait(browser: Chrome, until: Callable[[], object]) -> None:
    """Give the page time to come to what is asked."""
    WebDriverWait(browser, 10).until(lambda _: until())


def status(browser: Chrome) -> str:
    return browser.find_element(By.ID, "status").text


def files(browser: Chrome) -> list[str]:
    """The rows of the list, as a person reads them."""
    return browser.find_element(By.ID, "files").text.splitlines()


def test_file_goes_up_comes_down_and_is_deleted(
    browser: Chrome, address: str, tmp_path: Path, downloads: Path
) -> None:
    path = tmp_path / NAME
    path.write_bytes(CONTENT)
    browser.get(f"{address}/")

    browser.find_element(By.ID, "file").send_keys(str(path))
    browser.find_element(By.CSS_SELECTOR, "form button").click()
    wait(browser, lambda: files(browser) == [NAME, "25600 bytes", "Delete"])
    assert status(browser) == f"{NAME} is uploaded"

    browser.find_element(By.LINK_TEXT, NAME).click()
    # The browser chooses a name of its own where a character is not for files.
    wait(browser, lambda: [each.stat().st_size for each in downloads.glob("*.bin")] == [25600])
    (download,) = downloads.glob("*.bin")
    assert "küüslauk" in download.name
    assert download.read_bytes() == CONTENT
    download.unlink()

    browser.find_element(By.CSS_SELECTOR, "#files button").click()
    wait(browser, lambda: files(browser) == [])
    assert status(browser) == f"{NAME} is deleted"
