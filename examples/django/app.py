"""A diary in Django, in one module: an async and a plain view, a form with CSRF, a link, an error.

What to know: Django has no lifespan, and the adapter takes that as it is. Stage and base path reach
Django as its script name, so `reverse` and redirects are right; the scheme comes with the scope, so
SECURE_PROXY_SSL_HEADER is not needed. Plain views run in a thread of their request, and a
connection to a database belongs to its thread, so CONN_MAX_AGE keeps none: PostgreSQL has a pool
for that. The SQLite file, below /tmp on Lambda, is one execution environment's own.
"""

import os
from tempfile import mkdtemp

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import path, reverse

from asgi_lambda import adapt

settings.configure(
    # All environments of a deployment need the same one.
    SECRET_KEY=os.environ.get("SECRET_KEY", "only for trying out"),
    # Who asks is decided by the front door; names of your own domain are better here.
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{mkdtemp()}/diary.db"}
    },
    CSRF_COOKIE_SECURE=True,
    USE_TZ=True,
)
django.setup()

with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE entry (number INTEGER PRIMARY KEY, text TEXT NOT NULL)")


async def index(request: HttpRequest) -> HttpResponse:
    # With the host and the stage, as a client needs it.
    return JsonResponse(
        {"write": request.build_absolute_uri(reverse("write")), "token": get_token(request)}
    )


def write(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO entry (text) VALUES (%s)", [request.POST["text"]])
        number = cursor.lastrowid
    return redirect("entry", number=number)


def entry(request: HttpRequest, number: int) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM entry WHERE number = %s", [number])
        row = cursor.fetchone()
    if row is None:
        raise Http404(f"There is no entry {number}")
    return JsonResponse({"number": number, "text": row[0]})


async def picture(request: HttpRequest) -> HttpResponse:
    return HttpResponse(bytes(range(256)), content_type="application/octet-stream")


urlpatterns = [
    path("", index),
    path("entries", write, name="write"),
    path("entries/<int:number>", entry, name="entry"),
    path("picture", picture),
]

app = get_asgi_application()

handler = adapt(app)
