"""Upload and download of files on S3, by presigned URLs, with a page to do it on.

What to know: the bytes never pass through Lambda, whose requests and responses hold about 4.5 MB of
binary data, since they are base64 there. The function signs, the browser talks to S3, and the
signature says for how long, how much, and of which type. A presigned URL can do what the function's
role can, so that role may touch one prefix alone. Names of files are the client's, so they are
never part of a key.
"""

import html
import os
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import quote, unquote

import boto3
from botocore.config import Config
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from asgi_lambda import adapt

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "uploads/"
SECONDS = 300
MOST_BYTES = 50_000_000
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
PAGE = (Path(__file__).parent / "page.html").read_text()


class State(TypedDict):
    files: "Files"


class Files:
    """Files as objects below one prefix; the name that a file had is in its metadata."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self.client = client
        self.bucket = bucket

    def upload(self, name: str, media_type: str) -> Any:
        """The address and the fields of a form that takes one file."""
        fields = {"Content-Type": media_type, "x-amz-meta-name": quote(name)}
        conditions: list[Any] = [{key: value} for key, value in fields.items()]
        return self.client.generate_presigned_post(
            Bucket=self.bucket,
            Key=f"{PREFIX}{uuid.uuid4()}",
            Fields=fields,
            Conditions=[*conditions, ["content-length-range", 1, MOST_BYTES]],
            ExpiresIn=SECONDS,
        )

    def names(self) -> list[dict[str, Any]]:
        """The files, newest first; as many as one answer of S3 lists."""
        answer = self.client.list_objects_v2(Bucket=self.bucket, Prefix=PREFIX)
        listed = sorted(answer.get("Contents", []), key=lambda each: each["LastModified"])
        return [
            {"id": each["Key"].removeprefix(PREFIX), "size": each["Size"], "name": self.name(key)}
            for each in reversed(listed)
            if (key := each["Key"])
        ]

    def name(self, key: str) -> str:
        metadata = self.client.head_object(Bucket=self.bucket, Key=key)["Metadata"]
        return unquote(metadata.get("name", "file"))

    def download(self, number: uuid.UUID) -> str:
        """The address of one file. Raises ClientError with the code 404 where there is none."""
        key = f"{PREFIX}{number}"
        # As an attachment, so that no browser runs what somebody uploaded.
        attachment = f"attachment; filename*=UTF-8''{quote(self.name(key), safe='')}"
        return self.client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.bucket,
                "Key": key,
                "ResponseContentDisposition": attachment,
            },
            ExpiresIn=SECONDS,
        )

    def delete(self, number: uuid.UUID) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=f"{PREFIX}{number}")


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[State]:
    # Lambda names the region; the other is for a look at the page at home. Addresses that name it
    # need no redirect, which a browser would not follow with a body.
    region = os.environ.get("AWS_REGION", "eu-west-1")
    config = Config(
        connect_timeout=2,
        read_timeout=4,
        retries={"mode": "standard", "total_max_attempts": 3},
        signature_version="s3v4",
        s3={"us_east_1_regional_endpoint": "regional"},
    )
    client = boto3.client("s3", region_name=region, config=config)
    yield {"files": Files(client, os.environ.get("BUCKET_NAME", "files"))}
    client.close()


async def page(request: Request[State]) -> Response:
    # The page talks to this function and to the bucket, and to nobody else.
    address = await run_in_threadpool(request.state["files"].upload, "x", "text/plain")
    bucket = "/".join(address["url"].split("/")[:3])
    root = html.escape(request.scope["root_path"])
    response = HTMLResponse(PAGE.replace("{{root}}", root))
    response.headers["content-security-policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        f"connect-src 'self' {bucket}; base-uri 'none'; form-action 'none'"
    )
    return response


async def listed(request: Request[State]) -> Response:
    return JSONResponse(await run_in_threadpool(request.state["files"].names))


async def sign(request: Request[State]) -> Response:
    try:
        wanted = await request.json()
        name, media_type = str(wanted["name"]), str(wanted["type"]) or "application/octet-stream"
    except (ValueError, KeyError, TypeError):
        raise HTTPException(400, "Expected JSON with a name and a type") from None
    if not 0 < len(name) <= 255 or not MEDIA_TYPE.fullmatch(media_type):
        raise HTTPException(400, "Expected a name of 255 characters at most, and a media type")
    return JSONResponse(await run_in_threadpool(request.state["files"].upload, name, media_type))


async def download(request: Request[State]) -> Response:
    files, number = request.state["files"], request.path_params["number"]
    try:
        return RedirectResponse(await run_in_threadpool(files.download, number), 303)
    except files.client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "404":
            raise HTTPException(404, "There is no such file") from None
        raise


async def delete(request: Request[State]) -> Response:
    await run_in_threadpool(request.state["files"].delete, request.path_params["number"])
    return Response(status_code=204)


app = Starlette(
    routes=[
        Route("/", page),
        Route("/files", listed),
        Route("/files", sign, methods=["POST"]),
        Route("/files/{number:uuid}", download),
        Route("/files/{number:uuid}", delete, methods=["DELETE"]),
    ],
    lifespan=lifespan,
)

handler = adapt(app, lifespan="on")
