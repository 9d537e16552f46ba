"""How long this package takes beside Mangum: `python -m benchmarks`."""
