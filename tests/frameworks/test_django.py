"""Django as it is deployed: it has no lifespan, and its settings are those of the process."""

from __future__ import annotations

import asyncio
import json as jsons
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar, Final

import django  # type: ignore[import-untyped]
import pytest
from django.conf import settings  # type: ignore[import-untyped]
from django.core.handlers.asgi import ASGIHandler  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse  # type: ignore[import-untyped]
from django.test import override_settings  # type: ignore[import-untyped]
from django.urls import path, reverse  # type: ignore[import-untyped]

from asgi_lambda import adapt
from asgi_lambda.local.context import Context
from tests.frameworks import front_doors
from tests.frameworks.contract import CHUNKS, Contract

EVENTS: Final = Path(__file__).parent.parent / "events"

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="for tests")
django.setup()


async def state(request: Any) -> HttpResponse:
    own = request.scope["state"]
    marked = "mark" in own
    own["mark"] = True
    return JsonResponse({"startups": 0, "marked": marked})


def query(request: HttpRequest) -> HttpResponse:
    pairs = [(key, value) for key, values in request.GET.lists() for value in values]
    return JsonResponse(pairs, safe=False)


def cookies(request: HttpRequest) -> HttpResponse:
    response = JsonResponse(request.COOKIES)
    response.set_cookie("first", "1")
    response.set_cookie("second", "2")
    return response


async def content(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body, content_type="application/octet-stream")


async def json(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"length": len(jsons.loads(request.body)["text"])})


def form(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"length": len(str(request.POST["text"]))})


async def error(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken")


async def stream(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[str]:
        for chunk in CHUNKS:
            yield chunk
            await asyncio.sleep(0)

    return StreamingHttpResponse(chunks(), content_type="text/plain; charset=utf-8")


def link(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.build_absolute_uri(reverse("state")), content_type="text/plain")


urlpatterns = [
    path("state", state, name="state"),
    path("query", query),
    path("cookies", cookies),
    path("bytes", content),
    path("json", json),
    path("form", form),
    path("error", error),
    path("stream", stream),
    path("link", link),
]


THREADS: list[threading.Thread] = []


def thread(request: HttpRequest) -> HttpResponse:
    THREADS.append(threading.current_thread())
    return HttpResponse(request.get_host(), content_type="text/plain")


urlpatterns.append(path("thread", thread))


def test_each_request_has_a_thread_of_its_own() -> None:
    THREADS.clear()
    handler = adapt(ASGIHandler())
    with front_doors.client(handler=handler, door=front_doors.HTTP_API) as client:
        for _ in range(3):
            assert client.get("/thread").status_code == 200

    assert len(set(THREADS)) == 3


@pytest.mark.parametrize(("allowed", "status"), [("example.com", 400), ("localhost", 200)])
def test_health_check_of_an_alb_asks_for_localhost(allowed: str, status: int) -> None:
    event = jsons.loads((EVENTS / "alb/docs-health-check.json").read_text()) | {"path": "/thread"}

    with override_settings(ALLOWED_HOSTS=[allowed]):
        response = adapt(ASGIHandler())(event, Context())

    assert response["statusCode"] == status


class TestDjango(Contract):
    lifespan: ClassVar[bool] = False

    def application(self, startups: list[str]) -> ASGIHandler:
        return ASGIHandler()
