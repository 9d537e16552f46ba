"""Front doors at home: the inverse of `asgi_lambda.sources`.

An HTTP request becomes the event that a front door would send, and a Lambda response the answer
that it would give. Pure functions; `adapt` never imports them.
"""
