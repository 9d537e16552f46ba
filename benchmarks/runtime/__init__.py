"""How long the two runtime clients take: `python -m benchmarks runtime`."""
