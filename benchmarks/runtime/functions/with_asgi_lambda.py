"""The application that APPLICATION names, adapted by this package."""

import os
from importlib import import_module

from asgi_lambda import adapt

handler = adapt(import_module(os.environ["APPLICATION"]).application, lifespan="off")
