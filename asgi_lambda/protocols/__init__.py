"""ASGI state machines: no I/O, no await, no AWS."""
