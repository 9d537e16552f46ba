"""The results as pictures, for the documentation: `python -m benchmarks.plots`."""
