"""Django as it is deployed: it has no lifespan, and its settings are those of the process."""

from __future__ import annotations

import asyncio
import json as jsons
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import django  # type: ignore[import-untyped]
from django.conf import settings  # type: ignore[import-untyped]
from django.core.handlers.asgi import ASGIHandler  # type: ignore[import-untyped]
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse  # type: ignore[import-untyped]
from django.urls import path, reverse  # type: ignore[import-untyped]

from tests.frameworks.contract import CHUNKS, Contract

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


class TestDjango(Contract):
    lifespan: ClassVar[bool] = False

    def application(self, startups: list[str]) -> ASGIHandler:
        return ASGIHandler()
