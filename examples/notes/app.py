"""A notes API on DynamoDB, in FastAPI: create, read, list with paging, update, delete.

What to know: the client of boto3 is made once, in the lifespan, and its connections last from one
invocation to the next. It blocks, so the endpoints are plain functions, which run in threads. Its
timeouts are far below the function's, or a slow table would look like a function that hangs. An
update names the version it is based on, so that of two at a time one is refused.
"""

import base64
import binascii
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as StarletteHTTPException

from asgi_lambda import adapt

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Seconds for one try, of which there are three: less in all than a front door waits.
CONFIG = Config(
    connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 3}
)
BUSY = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "InternalServerError",
    "ServiceUnavailable",
}


class Draft(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    # An item of DynamoDB has 400 KB at most.
    text: str = Field(default="", max_length=50_000)


class Note(Draft):
    id: str
    version: int
    link: str


class Notes(BaseModel):
    notes: list[Note]
    next: str | None


class State(TypedDict):
    table: "Table"


class Table:
    """The notes, as items of `id`, `title`, `text` and `version`."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self.client = client
        self.name = name

    def create(self, draft: Draft) -> dict[str, Any]:
        item: dict[str, Any] = {
            "id": {"S": str(uuid.uuid4())},
            "title": {"S": draft.title},
            "text": {"S": draft.text},
            "version": {"N": "1"},
        }
        self.client.put_item(TableName=self.name, Item=item)
        return item

    def read(self, key: str) -> dict[str, Any] | None:
        answer = self.client.get_item(
            TableName=self.name, Key={"id": {"S": key}}, ConsistentRead=True
        )
        return answer.get("Item")

    def page(self, limit: int, after: str | None) -> tuple[list[dict[str, Any]], str | None]:
        """Notes in no order, and the id to go on after. A page of a scan may be short."""
        start: dict[str, Any] = {"ExclusiveStartKey": {"id": {"S": after}}} if after else {}
        answer = self.client.scan(TableName=self.name, Limit=limit, **start)
        last = answer.get("LastEvaluatedKey")
        return [dict(item) for item in answer["Items"]], last["id"]["S"] if last else None

    def update(self, key: str, draft: Draft, version: int) -> dict[str, Any]:
        answer = self.client.update_item(
            TableName=self.name,
            Key={"id": {"S": key}},
            UpdateExpression="SET title = :title, #text = :text, version = version + :one",
            ConditionExpression="version = :version",
            ExpressionAttributeNames={"#text": "text"},
            ExpressionAttributeValues={
                ":title": {"S": draft.title},
                ":text": {"S": draft.text},
                ":version": {"N": str(version)},
                ":one": {"N": "1"},
            },
            ReturnValues="ALL_NEW",
        )
        return dict(answer["Attributes"])

    def delete(self, key: str, version: int) -> None:
        self.client.delete_item(
            TableName=self.name,
            Key={"id": {"S": key}},
            ConditionExpression="version = :version",
            ExpressionAttributeValues={":version": {"N": str(version)}},
        )


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[State]:
    # Lambda names the region; the other is for a look at /docs at home.
    region = os.environ.get("AWS_REGION", "eu-west-1")
    client = boto3.client("dynamodb", region_name=region, config=CONFIG)
    yield {"table": Table(client, os.environ.get("TABLE_NAME", "notes"))}
    client.close()


app = FastAPI(title="Notes", lifespan=lifespan)


def table(request: Request) -> Table:
    found: Table = request.state.table
    return found


def expected_version(if_match: Annotated[str | None, Header()] = None) -> int:
    """The version in `If-Match: "3"`."""
    if if_match is None:
        raise HTTPException(428, "Say which version is meant, in the header If-Match")
    digits = if_match.strip().removeprefix('"').removesuffix('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise HTTPException(412, "The note has no such version")
    return int(digits)


TheTable = Annotated[Table, Depends(table)]
Version = Annotated[int, Depends(expected_version)]


@app.get("/", include_in_schema=False)
def index(request: Request) -> RedirectResponse:
    return RedirectResponse(request.url_for("swagger_ui_html"))


@app.post("/notes", status_code=201)
def create(draft: Draft, request: Request, response: Response, table: TheTable) -> Note:
    note = shown(request, table.create(draft))
    response.headers["location"] = note.link
    response.headers["etag"] = f'"{note.version}"'
    return note


@app.get("/notes")
def page(
    request: Request,
    table: TheTable,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Notes:
    items, last = table.page(limit, decoded(cursor) if cursor else None)
    link = None
    if last is not None:
        url = request.url_for("page").include_query_params(limit=limit, cursor=encoded(last))
        link = str(url)
    return Notes(notes=[shown(request, item) for item in items], next=link)


@app.get("/notes/{key}")
def read(key: str, request: Request, response: Response, table: TheTable) -> Note:
    note = shown(request, existing(table, key))
    response.headers["etag"] = f'"{note.version}"'
    return note


@app.put("/notes/{key}")
def update(
    key: str, draft: Draft, version: Version, request: Request, response: Response, table: TheTable
) -> Note:
    existing(table, key)
    note = shown(request, table.update(key, draft, version))
    response.headers["etag"] = f'"{note.version}"'
    return note


@app.delete("/notes/{key}", status_code=204)
def delete(key: str, version: Version, table: TheTable) -> None:
    existing(table, key)
    table.delete(key, version)


def existing(table: Table, key: str) -> dict[str, Any]:
    item = table.read(key)
    if item is None:
        raise HTTPException(404, f"There is no note {key}")
    return item


def shown(request: Request, item: dict[str, Any]) -> Note:
    key = item["id"]["S"]
    return Note(
        id=key,
        title=item["title"]["S"],
        text=item["text"]["S"],
        version=int(item["version"]["N"]),
        link=str(request.url_for("read", key=key)),
    )


def encoded(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def decoded(cursor: str) -> str:
    try:
        return str(uuid.UUID(base64.b64decode(cursor, altchars=b"-_", validate=True).decode()))
    except (binascii.Error, ValueError):
        raise HTTPException(400, "The cursor is none that came with a page") from None


# Every error is a problem of RFC 9457, whoever found it.
def problem(status: int, title: str, **more: Any) -> JSONResponse:
    content = {"type": "about:blank", "status": status, "title": title, **more}
    return JSONResponse(content, status, media_type="application/problem+json")


@app.exception_handler(StarletteHTTPException)
async def on_http_error(request: Request, error: StarletteHTTPException) -> Response:
    response = problem(error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


@app.exception_handler(RequestValidationError)
async def on_invalid(request: Request, error: RequestValidationError) -> Response:
    # Where it is wrong and why, not what was sent.
    errors = [{"at": each["loc"], "reason": each["msg"]} for each in error.errors()]
    return problem(422, "The request is not valid", errors=jsonable_encoder(errors))


@app.exception_handler(ClientError)
async def on_refusal(request: Request, error: ClientError) -> Response:
    code = error.response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return problem(412, "The note has another version by now")
    if code in BUSY:
        return busy()
    raise error


@app.exception_handler(BotoCoreError)
async def on_no_answer(request: Request, error: BotoCoreError) -> Response:
    return busy()


def busy() -> Response:
    response = problem(503, "The notes cannot be reached just now")
    response.headers["retry-after"] = "2"
    return response


handler = adapt(app, lifespan="on")
