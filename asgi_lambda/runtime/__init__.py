"""A client of Lambda's Runtime API, in place of AWS's: `python -m asgi_lambda.runtime TARGET`.

Streams, runs several invocations on one event loop, and hands a response over when it is complete.
`adapt` never imports it.
"""
