"""An application whose shutdown does not end."""

from __future__ import annotations

from asgi_lambda import adapt
from tests.runtime.apps.asgi import hang_at_shutdown

handler = adapt(hang_at_shutdown)
