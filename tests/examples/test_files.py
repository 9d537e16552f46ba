"""Files on S3, as they stand, behind each front door, with S3 as moto plays it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.examples import aws
from tests.frameworks.front_doors import FrontDoor

EXAMPLE = "files"

BUCKET = "files-of-tests"
BINARY = bytes(range(256)) * 100
NAMES = ["plain.txt", "küüslauk 雪.png", '"><script>.html', "../../etc/passwd", "a" * 255, "a\r\nb"]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with aws.serving() as address:
        place = {"LocationConstraint": aws.REGION}
        s3 = aws.client(service="s3", address=address)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        yield address


@pytest.fixture(scope="module")
def variables(address: str) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL": address, "BUCKET_NAME": BUCKET}


@pytest.fixture
def s3(address: str) -> Any:
    return aws.client(service="s3", address=address)


def sign(client: httpx.Client, *, name: str, media_type: str = "image/png") -> Any:
    answer = client.post("/files", json={"name": name, "type": media_type})
    assert answer.status_code == 200, answer.text
    return answer.json()


def upload(client: httpx.Client, *, name: str, content: bytes = BINARY) -> str:
    """Upload as the page does, and return the id of the file."""
    signed = sign(client, name=name)
    answer = httpx.post(signed["url"], data=signed["fields"], files={"file": content})
    assert answer.status_code == 204, answer.text
    return str(signed["fields"]["key"]).removeprefix("uploads/")


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_file_comes_back_with_its_name(client: httpx.Client, s3: Any, name: str) -> None:
    key = upload(client, name=name)

    answer = client.get(f"/files/{key}")
    assert answer.status_code == 303
    # The bytes come from the bucket, not through the function.
    file = httpx.get(answer.headers["location"])

    assert file.content == BINARY
    assert file.headers["content-type"] == "image/png"
    wanted = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    assert file.headers["content-disposition"] == wanted
    assert {"id": key, "size": len(BINARY), "name": name} in client.get("/files").json()
    s3.delete_object(Bucket=BUCKET, Key=f"uploads/{key}")


def test_form_says_what_may_be_uploaded(client: httpx.Client) -> None:
    for _ in range(3):
        signed = sign(client, name="plän.txt", media_type="text/plain")

        fields = signed["fields"]
        assert fields["key"].startswith("uploads/")
        assert fields["Content-Type"] == "text/plain"
        assert fields["x-amz-meta-name"] == "pl%C3%A4n.txt"
        assert {"policy", "x-amz-signature", "x-amz-credential"} <= set(fields)


def test_signature_covers_key_type_size_and_time(client: httpx.Client) -> None:
    before = datetime.now(UTC)
    fields = sign(client, name="a")["fields"]

    # moto takes any upload, so this is what S3 is asked to enforce.
    policy = json.loads(base64.b64decode(fields["policy"]))
    signed = {"Content-Type": "image/png", "x-amz-meta-name": "a"}
    conditions: list[Any] = [*({name: value} for name, value in signed.items()), {"bucket": BUCKET}]
    conditions += [["content-length-range", 1, 50_000_000], {"key": fields["key"]}]
    assert all(condition in policy["conditions"] for condition in conditions)
    left = datetime.fromisoformat(policy["expiration"]) - before
    assert timedelta(minutes=4) < left < timedelta(minutes=6)


def test_deleted_file_is_gone(client: httpx.Client) -> None:
    key = upload(client, name="old.txt")

    for _ in range(2):
        assert client.delete(f"/files/{key}").status_code == 204
    assert client.get(f"/files/{key}").status_code == 404
    assert key not in [file["id"] for file in client.get("/files").json()]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"name": "a"}',
        b'{"name": "", "type": "a/b"}',
        b'{"name": "a", "type": "a/b\\r\\nx: y"}',
        b'{"name": "a", "type": "html"}',
    ],
    ids=["nothing", "list", "no-type", "no-name", "header", "no-media-type"],
)
def test_wrong_wish_is_refused(client: httpx.Client, content: bytes) -> None:
    assert client.post("/files", content=content).status_code == 400


def test_absent_files(client: httpx.Client) -> None:
    assert client.get("/files/5d1b8b0a-0000-4000-8000-0123456789ab").status_code == 404
    assert client.get("/files/..%2Fsecret").status_code == 404


def test_page_may_talk_to_the_function_and_the_bucket_alone(
    client: httpx.Client, door: FrontDoor, address: str
) -> None:
    answer = client.get("/")

    assert answer.status_code == 200
    assert f'const root = "{door.prefix}"' in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert f"connect-src 'self' {address};" in policy
