"""Django with Channels: pages by Django, and a consumer for WebSockets.

What to know: `ProtocolTypeRouter` sends requests to Django and sockets to consumers, and `adapt`
takes the router as a whole. It has no lifespan. A WebSocket API has no paths, so its consumer is
the one at the empty path; it has no binary messages, and needs a table where there is more than one
environment. A channel layer in memory reaches the sockets of one execution environment only, and
nothing arrives from Redis while the environment is frozen. To reach all sockets see the chat.
"""

import os
from typing import Any

import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, reverse

from asgi_lambda import adapt
from asgi_lambda.websocket import DynamoDBStore

TABLE = os.environ.get("CONNECTIONS_TABLE")
STORE = DynamoDBStore(TABLE) if TABLE else None

settings.configure(
    SECRET_KEY=os.environ.get("SECRET_KEY", "only for trying out"),
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["channels"],
    USE_TZ=True,
)
django.setup()


async def room(request: HttpRequest, name: str) -> HttpResponse:
    url = request.build_absolute_uri(reverse("room", args=[name]))
    return JsonResponse({"room": name, "link": url, "socket": url.replace("http", "ws", 1)})


class Echo(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.accept()
        name = self.scope["url_route"]["kwargs"].get("name", "the lobby")
        await self.send(text_data=f"Welcome to {name}")

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if text_data == "bye":
            await self.close(code=4000)
        elif text_data is not None:
            await self.send(text_data=text_data.upper())
        else:
            await self.send(bytes_data=bytes_data)


urlpatterns = [path("rooms/<str:name>", room, name="room")]

# The types of `path` know views alone.
echo: Any = Echo.as_asgi()

app: Any = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": URLRouter([path("", echo), path("rooms/<str:name>", echo)]),
    }
)

handler = adapt(app, websocket_store=STORE)
