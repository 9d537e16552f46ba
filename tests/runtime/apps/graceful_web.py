"""An application that asks for an extension of its own."""

from __future__ import annotations

from asgi_lambda import adapt
from tests.runtime.apps.asgi import application

handler = adapt(application, graceful_shutdown=True)
