"""Events of `sam local start-api` beside those of the gateway, for the same requests.

Every field in which they differ is named here, with what SAM does; docs/local.md has the list for
readers. A field that differs and is not named fails, and so does one that is named and is equal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from asgi_lambda.local import Gateway
from tests.sam.commands import CHECKOUT, build, serving
from tests.sam.echo.app import handler

# The path parameters, the query and the cookies are of the first alone, the body of the second.
REQUESTS: Final[dict[str, dict[str, Any]]] = {
    "GET": {
        "url": "/event/a%20b?x=1&x=2&e=&p=%2B",
        "headers": [("x-own", "1"), ("x-own", "2"), ("cookie", "a=1; b=2")],
    },
    "POST": {"url": "/event", "json": {"a": "é"}},
}

# Keys that both have to have, and whose values are each one's own.
OWN: Final = {
    "http-api": {"apiId", "requestId", "time", "timeEpoch"},
    "rest-api": {"apiId", "requestId", "requestTime", "requestTimeEpoch", "resourceId"},
}
# What SAM does otherwise than AWS, or leaves out.
DEVIATIONS: Final = {
    ("http-api", "GET"): {
        "body": 'is "" where there is none',
        "headers.content-length": "is not added",
        "headers.cookie": "stays beside the list",
        "pathParameters.any_path": "belongs to a route that SAM makes of $default",
    },
    ("http-api", "POST"): {
        "cookies": "is [] where there are none",
        "pathParameters.any_path": "belongs to a route that SAM makes of $default",
    },
    ("rest-api", "GET"): {
        "headers.x-own": "has all values, joined by a comma",
        "multiValueHeaders.x-own": "has them joined, as one",
        "isBase64Encoded": "is true without a body",
        "path": "is decoded",
        "pathParameters.proxy": "is decoded",
    },
    ("rest-api", "POST"): {
        "headers.content-length": "is passed on",
        "multiValueHeaders.content-length": "is passed on",
    },
}
EVERYWHERE: Final = {
    "http-api": {
        "headers.x-amzn-trace-id": "is not added",
        "headers.x-forwarded-for": "is not added",
        "requestContext.domainName": "is localhost",
        "requestContext.domainPrefix": "is localhost",
        "requestContext.http.userAgent": "is a constant",
        "stageVariables": "is null, not absent",
    },
    "rest-api": {
        "headers.connection": "is passed on",
        "headers.x-amzn-trace-id": "is not added",
        "headers.x-forwarded-for": "is not added",
        "multiValueHeaders.connection": "is passed on",
        "multiValueHeaders.x-amzn-trace-id": "is not added",
        "multiValueHeaders.x-forwarded-for": "is not added",
        "requestContext.domainName": "is the Host header",
        "requestContext.domainPrefix": "is absent",
        "requestContext.extendedRequestId": "is null",
        "requestContext.identity.accessKey": "is absent",
        "requestContext.identity.apiKey": "is null, not absent",
        "requestContext.identity.cognitoIdentityId": "is absent",
        "requestContext.identity.principalOrgId": "is absent",
        "requestContext.identity.userAgent": "is a constant",
        "requestContext.path": "is the template of the route",
        "requestContext.stage": "is Prod",
    },
}


@pytest.fixture(scope="module", params=["http-api", "rest-api"])
def source(request: pytest.FixtureRequest) -> str:
    source: str = request.param
    return source


@pytest.fixture(scope="module")
def address(source: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where SAM serves `echo`."""
    folder = tmp_path_factory.mktemp(source)
    template = build(template=CHECKOUT / f"tests/sam/echo/{source}.yaml", folder=folder)
    with serving(template=template, log=folder / "log") as address:
        yield address


def through_sam(address: str, method: str, request: dict[str, Any]) -> httpx.Response:
    with httpx.Client(base_url=address, timeout=60) as client:
        return client.request(method, **request)


def through_gateway(
    source: str, address: str, method: str, request: dict[str, Any]
) -> httpx.Response:
    """The answer of the gateway, called by the address that SAM has."""
    gateway: Any = Gateway(handler, source, binary_media_types=["*/*"])
    transport = httpx.ASGITransport(gateway)

    async def main() -> httpx.Response:
        base = f"{address}{gateway.door.prefix}"
        async with httpx.AsyncClient(transport=transport, base_url=base) as client:
            return await client.request(method, **request)

    return asyncio.run(main())


def fields(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of an event; names of headers in lower case, as SAM spells them its own way."""
    if isinstance(value, dict) and value:
        for name, each in value.items():
            key = name.lower() if path in ("headers", "multiValueHeaders") else name
            yield from fields(each, f"{path}.{key}" if path else key)
    else:
        yield path, value


@pytest.mark.parametrize("method", REQUESTS)
def test_event(source: str, address: str, method: str) -> None:
    request = REQUESTS[method]
    theirs = dict(fields(through_sam(address, method, request).json()))
    ours = dict(fields(through_gateway(source, address, method, request).json()))

    own = {f"requestContext.{name}" for name in OWN[source]}
    assert own <= theirs.keys() & ours.keys()
    differ = {
        name
        for name in theirs.keys() | ours.keys()
        if theirs.get(name, "absent") != ours.get(name, "absent")
    }
    assert differ - own == {*EVERYWHERE[source], *DEVIATIONS[source, method]}


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("GET", {"url": "/request/a%20b/%C3%A9?x=1&x=%2B"}),
        ("GET", {"url": "/cookies"}),
        ("GET", {"url": "/bytes"}),
        ("GET", {"url": "/moved"}),
        ("GET", {"url": "/absent"}),
        ("DELETE", {"url": "/request"}),
        ("POST", {"url": "/echo", "content": "žluťoučký", "headers": {"content-type": "text/x"}}),
    ],
    ids=["path", "cookies", "bytes", "redirect", "absent", "delete", "text"],
)
def test_answer(source: str, address: str, method: str, request_: dict[str, Any]) -> None:
    theirs = through_sam(address, method, request_)
    ours = through_gateway(source, address, method, request_)

    assert (theirs.status_code, theirs.content) == (ours.status_code, ours.content)
    names = ("content-type", "set-cookie", "location")
    for name in names:
        assert theirs.headers.get_list(name) == ours.headers.get_list(name)
