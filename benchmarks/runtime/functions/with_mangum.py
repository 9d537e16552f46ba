"""The application that APPLICATION names, adapted by Mangum."""

import os
from importlib import import_module

from mangum import Mangum

handler = Mangum(import_module(os.environ["APPLICATION"]).application, lifespan="off")
