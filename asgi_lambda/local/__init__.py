"""Front doors at home: the inverse of `asgi_lambda.sources`, and a gateway made of it.

An HTTP request becomes the event that a front door would send, and a Lambda response the answer
that it would give. `adapt` never imports any of it.
"""

from asgi_lambda.local.environments import Environments
from asgi_lambda.local.gateway import Gateway

__all__ = ["Environments", "Gateway"]
